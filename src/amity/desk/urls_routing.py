"""URLs of queues, promises, routing, the simulator and measures."""

from django.urls import URLPattern, path

from amity.desk import measures_pages, routing_pages, simulator_pages

urlpatterns: list[URLPattern] = [
    path("desk/queues/", routing_pages.show_queues, name="desk_queues"),
    path("desk/sla/", routing_pages.show_sla, name="desk_sla"),
    path("desk/routing/", routing_pages.show_routing, name="desk_routing"),
    path("desk/routing/simulator/", simulator_pages.show, name="desk_simulator"),
    path("desk/settings/<slug:settings_kind>/", routing_pages.add, name="desk_setting_new"),
    path("desk/settings/<slug:settings_kind>/<uuid:row_id>", routing_pages.change, name="desk_setting"),
    path("desk/availability", routing_pages.availability, name="desk_availability"),
    path("desk/availability/changes", routing_pages.be, name="desk_availability_changes"),
    path("desk/measures/", measures_pages.show, name="desk_measures"),
    path("desk/measures/rows", measures_pages.rows, name="desk_measures_rows"),
    path("desk/measures/<uuid:conversation_id>/judgement", measures_pages.judge, name="desk_judgement"),
]
