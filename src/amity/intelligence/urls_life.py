"""URLs of a model's life and of the ledger."""

from django.urls import URLPattern, path

from amity.intelligence import pages_life

urlpatterns: list[URLPattern] = [
    path("models/<slug:key>/versions/<uuid:version_id>", pages_life.version, name="model_version"),
    path("models/<slug:key>/rollback", pages_life.rollback, name="model_rollback"),
    path("models/<slug:key>/policy", pages_life.policy, name="model_policy"),
    path("scores/<uuid:score_id>", pages_life.replay, name="score_replay"),
]
