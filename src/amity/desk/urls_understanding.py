"""URLs of intents and of what was understood."""

from django.urls import path

from amity.desk import understanding_pages as pages

urlpatterns = [
    path("desk/intents/", pages.index, name="intents"),
    path("desk/intents/training", pages.learning, name="intents_training"),
    path("desk/intents/none", pages.outside, name="intents_outside"),
    path("desk/intents/versions/<uuid:version_id>", pages.version, name="intents_version"),
    path("desk/intents/examples/<uuid:example_id>/deletion", pages.example_deletion, name="intent_example_deletion"),
    path("desk/intents/<uuid:intent_id>", pages.one, name="intent"),
    path("desk/intents/<uuid:intent_id>/examples", pages.examples, name="intent_examples"),
    path("desk/intents/<uuid:intent_id>/merging", pages.merging, name="intent_merging"),
    path("conversations/<uuid:conversation_id>/reading", pages.reading, name="conversation_reading"),
    path("conversations/<uuid:conversation_id>/tone", pages.tone, name="conversation_tone"),
]
