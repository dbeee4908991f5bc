"""Pages of the desk for customers, without an account of staff."""

from django.urls import path

from amity.desk import pages_csat, pages_portal

urlpatterns = [
    path("rating/<str:token>", pages_csat.rating, name="csat"),
    path("portal/", pages_portal.index, name="portal"),
    path("portal/code", pages_portal.code, name="portal_code"),
    path("portal/in/<str:token>", pages_portal.link, name="portal_link"),
    path("portal/new", pages_portal.new, name="portal_new"),
    path("portal/leave", pages_portal.leave, name="portal_leave"),
    path("portal/<uuid:conversation_id>", pages_portal.one, name="portal_request"),
]
