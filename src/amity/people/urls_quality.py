"""URLs of data quality."""

from django.urls import URLPattern, path

from amity.people import pages_quality

_ONE = "quality/corrections/<uuid:correction_id>"

urlpatterns: list[URLPattern] = [
    path("quality/", pages_quality.index, name="quality"),
    path("quality/problems/<slug:kind>/", pages_quality.kind, name="quality_kind"),
    path("quality/log/", pages_quality.log, name="quality_log"),
    path("quality/stale/", pages_quality.stale, name="quality_stale"),
    path("quality/week/", pages_quality.week, name="quality_week"),
    path(f"{_ONE}/decision", pages_quality.decide, name="quality_decision"),
    path(f"{_ONE}/reversal", pages_quality.undo, name="quality_reversal"),
    path("quality/corrections/decisions", pages_quality.decide_ticked, name="quality_decisions"),
    path("quality/corrections/all", pages_quality.decide_all, name="quality_all"),
    path("quality/rules", pages_quality.rule, name="quality_rules"),
    path("quality/rules/<uuid:rule_id>/end", pages_quality.end_rule, name="quality_rule_end"),
    path("quality/progress", pages_quality.progress, name="quality_progress"),
    path("quality/scans", pages_quality.scan, name="quality_scans"),
    path("people/<uuid:person_id>/values/<slug:field>/confirmation", pages_quality.confirm, name="value_confirmation"),
    path("people/<uuid:person_id>/doubts", pages_quality.doubt, name="value_doubt"),
]
