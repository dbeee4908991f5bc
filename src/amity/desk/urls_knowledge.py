"""URLs of knowledge: for staff, and help for everybody."""

from django.urls import path

from amity.desk import knowledge_help as public
from amity.desk import knowledge_pages as pages

urlpatterns = [
    path("knowledge/", pages.index, name="knowledge"),
    path("knowledge/new", pages.new, name="article_new"),
    path("knowledge/import", pages.importing, name="knowledge_import"),
    path("knowledge/try", pages.trying, name="knowledge_try"),
    path("knowledge/<uuid:article_id>", pages.one, name="article"),
    path("knowledge/<uuid:article_id>/edit", pages.edit, name="article_edit"),
    path("knowledge/<uuid:article_id>/version", pages.version, name="article_version"),
    path("help/<str:lang>/", public.index, name="help"),
    path("help/<str:lang>/<uuid:article_id>", public.one, name="help_article"),
]
