"""Every URL of the product. Each must stand in the permission table (`web/tests/permission_table.py`)."""

from django.urls import include, path

from amity.web.api import api, nowhere

urlpatterns = [
    path("", include("amity.web.urls_pages")),
    path("", include("amity.base.urls")),
    path("", include("amity.access.urls")),
    path("", include("amity.events.urls")),
    path("", include("amity.people.urls")),
    path("", include("amity.channels.urls")),
    path("", include("amity.sales.urls")),
    path("", include("amity.journeys.urls")),
    path("", include("amity.desk.urls")),
    path("", include("amity.assistant.urls")),
    path("", include("amity.intelligence.urls")),
    path("v1/", api.urls),
    path("v1/<path:rest_of_path>", nowhere, name="api_nowhere"),
    path("account/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
handler400 = "amity.web.errors.bad_request"
handler403 = "amity.web.errors.forbidden"
handler404 = "amity.web.errors.not_found"
handler500 = "amity.web.errors.broken"
