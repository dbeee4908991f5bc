"""Lists, record pages and search."""

from collections.abc import Iterator

from django.urls import URLPattern, path

from amity.web import lists, products, records, scores, search

RECORDS = (
    ("person", "people", records.person),
    ("company", "companies", records.company),
    ("deal", "deals", records.deal),
)


def _list(name: str) -> Iterator[URLPattern]:
    which = {"name": name}
    yield path(f"{name}/", lists.show, which, name=name)
    yield path(f"{name}/export.csv", lists.export, which, name=f"{name}_export")
    yield path(f"{name}/changes", lists.act, which, name=f"{name}_bulk")
    yield path(f"{name}/views/", lists.save_view, which, name=f"{name}_views")
    yield path(f"{name}/views/<uuid:view_id>/deletion", lists.delete_view, which, name=f"{name}_view_deletion")


def _record(kind: str, plural: str) -> Iterator[URLPattern]:
    which = {"kind": kind}
    yield path(f"{plural}/<uuid:record_id>/timeline", records.timeline, which, name=f"{kind}_timeline")
    yield path(f"{plural}/<uuid:record_id>/archive", records.archive, which, name=f"{kind}_archive")
    yield path(f"{plural}/<uuid:record_id>/tasks/", records.add_task, which, name=f"{kind}_tasks")
    yield path(
        f"{plural}/<uuid:record_id>/tasks/<uuid:task_id>/completion",
        records.finish_task,
        which,
        name=f"{kind}_task_done",
    )


urlpatterns: list[URLPattern] = [
    *(pattern for name in lists.LISTS for pattern in _list(name)),
    *(path(f"{plural}/<uuid:{kind}_id>/", page, name=kind) for kind, plural, page in RECORDS),
    *(pattern for kind, plural, _page in RECORDS for pattern in _record(kind, plural)),
    path("products/<uuid:product_id>/", products.show, name="product"),
    path("deals/<uuid:deal_id>/stage", records.move, name="deal_stage"),
    path("people/<uuid:record_id>/score", scores.reasons, {"kind": "person"}, name="person_score"),
    path("deals/<uuid:record_id>/score", scores.reasons, {"kind": "deal"}, name="deal_score"),
    path("search", search.page, name="search"),
    path("undo/<uuid:group>", lists.put_back, name="undo"),
]
