"""URLs of complaints, refunds and the clocks of law."""

from django.urls import URLPattern, path

from amity.desk import complaints_pages

urlpatterns: list[URLPattern] = [
    path("complaints/", complaints_pages.index, name="complaints"),
    path("complaints/rules/", complaints_pages.rules, name="complaint_rules"),
    path("complaints/rules/<uuid:rule_id>", complaints_pages.rule, name="complaint_rule"),
    path("complaints/limits/", complaints_pages.limits, name="complaint_limits"),
    path("complaints/<uuid:complaint_id>/", complaints_pages.show, name="complaint"),
    path("complaints/<uuid:complaint_id>/steps", complaints_pages.step, name="complaint_steps"),
    path("complaints/<uuid:complaint_id>/papers", complaints_pages.papers, name="complaint_papers"),
    path("complaints/<uuid:complaint_id>/refunds", complaints_pages.propose, name="complaint_refunds"),
    path("refunds/<uuid:refund_id>", complaints_pages.refund, name="refund"),
    path("conversations/<uuid:conversation_id>/complaint", complaints_pages.panel, name="conversation_complaint"),
]
