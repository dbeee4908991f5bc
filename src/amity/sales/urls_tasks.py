"""URLs of tasks."""

from django.urls import URLPattern, path

from amity.sales import pages_tasks

urlpatterns: list[URLPattern] = [
    path("tasks/", pages_tasks.index, name="tasks"),
    path("tasks/<uuid:task_id>/", pages_tasks.edit, name="task"),
    path("tasks/<uuid:task_id>/completion", pages_tasks.finish, name="task_done"),
]
