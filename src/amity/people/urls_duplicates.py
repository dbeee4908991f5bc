"""URLs of duplicates and of the golden record."""

from django.urls import URLPattern, path

from amity.people import pages_duplicates, pages_golden, pages_merges

urlpatterns: list[URLPattern] = [
    path("duplicates/", pages_duplicates.review, name="duplicates"),
    path("duplicates/decided", pages_duplicates.decided, name="duplicates_decided"),
    path("duplicates/scan", pages_duplicates.scan, name="duplicates_scan"),
    path("duplicates/scan/progress", pages_duplicates.scanning, name="duplicates_scanning"),
    path("duplicates/policy", pages_duplicates.policy, name="duplicates_policy"),
    path("duplicates/golden-record", pages_golden.policy, name="golden_policy"),
    path("duplicates/<uuid:pair_id>/decision", pages_duplicates.decide, name="duplicate_decision"),
    path("duplicates/<uuid:pair_id>/reopening", pages_duplicates.reopen, name="duplicate_reopening"),
    path("people/<uuid:profile_id>/marks", pages_golden.mark, {"kind": "person"}, name="person_mark"),
    path("companies/<uuid:profile_id>/marks", pages_golden.mark, {"kind": "company"}, name="company_mark"),
    path("companies/<uuid:company_id>/merge", pages_merges.join_company, name="company_merge"),
    path(
        "companies/<uuid:company_id>/merges/<uuid:merge_id>/revocation", pages_merges.part_company,
        name="company_unmerge",
    ),
]  # fmt: skip
