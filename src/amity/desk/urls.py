"""URLs of room `desk`."""

from django.urls import URLPattern

from amity.desk.urls_complaints import urlpatterns as complaints
from amity.desk.urls_drafts import urlpatterns as drafts
from amity.desk.urls_inbox import urlpatterns as inbox
from amity.desk.urls_knowledge import urlpatterns as knowledge
from amity.desk.urls_public import urlpatterns as public
from amity.desk.urls_routing import urlpatterns as routing
from amity.desk.urls_understanding import urlpatterns as understanding

urlpatterns: list[URLPattern] = [
    *inbox,
    *public,
    *routing,
    *understanding,
    *knowledge,
    *drafts,
    *complaints,
]
