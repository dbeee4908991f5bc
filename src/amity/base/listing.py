"""Lists: columns, search, filters, sorting and keyset paging, declared once and read from the URL.

A room declares a `Listing`; `web` adds columns of other rooms with `Listing.plus` and shows it (`web/lists.py`).
Every list costs a fixed number of queries: one for the rows, one for the count, one per batch loader and choice list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import QueryDict
from django.utils.functional import Promise

from amity.base import paging, searching
from amity.base.filters import Active, Choices, Control, Filter, Reader, Trait

PAGE_ROWS = 50
COUNT_BOUND = 5_000
LETTER_BOUND = 1_000  # where a word of one letter is searched: half the table may match, and more letters follow
MAX_QUERY = 200
MAX_TRAITS = 40
SORT_VALUE = "sort_value"


@dataclass(slots=True)
class Row:
    """One row: the columns read from its table, and what batch loaders brought along (by column key)."""

    id: UUID
    values: dict[str, Any]
    loaded: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


Loader = Callable[[Reader, Sequence[Row]], dict[UUID, Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``fields`` are read from the table, ``load`` brings the rest for a page in a fixed number of queries.

    ``cell`` gives the HTML (escaped by whoever makes it), ``text`` the plain value for CSV. ``sort`` needs an index on
    (sort, id) and is never null; ``down`` says that the first click sorts from the top.
    """

    key: str
    label: str | Promise
    fields: tuple[str, ...] = ()
    cell: Callable[[Row], Any] | None = None
    text: Callable[[Row], Any] | None = None
    sort: str | Combinable | None = None
    down: bool = False
    load: Loader | None = None
    numeric: bool = False
    shown: bool = True
    minor: bool = False  # left out on narrow screens

    def value(self, row: Row) -> Any:
        """The plain value."""
        if self.text:
            return self.text(row)
        return row.values.get(self.fields[0]) if self.fields else row.loaded.get(self.key)

    def html(self, row: Row) -> Any:
        """What stands in the table."""
        return self.cell(row) if self.cell else self.value(row)


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Something to do to many rows. ``kind`` names the `undo` handler that does it, ``template`` its form controls.

    ``read`` turns the posted form into the handler's arguments, or raises `Refused`.
    """

    key: str
    label: str | Promise
    icon: str
    permission: str
    kind: str
    template: str
    read: Callable[[Reader, QueryDict], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list page. ``rows``: those that the reader may see; ``traits``: a jsonb column of custom fields."""

    page: str
    title: str | Promise
    rows: Callable[[Any], QuerySet[Any]]
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    bulk: tuple[BulkAction, ...] = ()
    sort: str = ""
    export: str = ""  # permission
    create: tuple[str, str | Promise, str] | None = None  # URL name, label, permission
    row_url: str = ""  # name of a URL that takes the row's id
    traits: str = ""
    trait_names: Callable[[], list[str]] | None = None
    empty: tuple[str, str | Promise, str | Promise] = ("inbox", "", "")  # icon, title, what to do next

    def plus(self, columns: Iterable[Column] = (), *, after: str = "", bulk: Iterable[BulkAction] = ()) -> Listing:
        """The same list with more columns (after column ``after``) and bulk actions."""
        at = next((i for i, each in enumerate(self.columns, 1) if each.key == after), len(self.columns))
        return replace(self, columns=(*self.columns[:at], *columns, *self.columns[at:]), bulk=(*self.bulk, *bulk))


@dataclass(frozen=True, slots=True)
class View:
    """What a URL asks of a list."""

    listing: Listing
    columns: tuple[Column, ...]
    offered: tuple[Column, ...]
    active: tuple[Active, ...]
    controls: tuple[Control, ...]
    order: paging.Order
    q: str = ""
    cursor: paging.Cursor | None = None
    chosen: bool = False  # the URL chose the columns

    @property
    def bound(self) -> int:
        """How far matches are counted."""
        letter = any(len(word) == 1 and not word.isdigit() for word in searching.words_of(self.q))
        return min(LETTER_BOUND, COUNT_BOUND) if letter else COUNT_BOUND

    def params(
        self, *, leave_out: str = "", sort: str = "", cursor: paging.Cursor | None = None
    ) -> list[tuple[str, str]]:
        """The canonical parameters of this view, changed as asked; the page is kept out unless given."""
        pairs = [("q", self.q)] if self.q and leave_out != "q" else []
        pairs += [pair for each in self.active if each.key != leave_out for pair in each.params]
        order = sort or self.order.name
        if order != self.listing.sort:
            pairs.append(("sort", order))
        if self.chosen and leave_out != "cols":
            pairs += [("cols", column.key) for column in self.columns]
        if cursor is not None:
            pairs.append(("at", cursor.sealed()))
        return pairs

    def query(self, **changes: Any) -> str:
        """`params` as a query string without the question mark."""
        return urlencode(self.params(**changes))


@dataclass(frozen=True, slots=True)
class Page:
    """Rows on the screen, and the way on. ``count`` stops at one more than ``bound``."""

    rows: list[Row]
    count: int
    previous: paging.Cursor | None
    next: paging.Cursor | None
    bound: int = COUNT_BOUND

    @property
    def more(self) -> bool:
        return self.count > self.bound


def read(listing: Listing, reader: Reader, params: QueryDict) -> View:
    """Understand a URL; what cannot be read is ignored. 1 query per filter with choices, 1 for custom fields."""
    offered, filters = _with_traits(listing)
    controls, active = [], []
    for each in filters:
        choices = _choices(each, reader)
        controls.append(each.control(params, choices))
        found = each.read(params, choices, reader)
        if found:
            active.append(found)
    wanted = params.getlist("cols")
    usual = tuple(column for column in offered if column.shown)
    columns = tuple(column for column in offered if column.key in wanted) or usual
    order = _order(listing, params.get("sort", ""))
    return View(
        listing,
        columns,
        offered,
        tuple(active),
        tuple(controls),
        order,
        params.get("q", "").strip()[:MAX_QUERY],
        paging.unseal(params.get("at", ""), order.name),
        columns != usual,
    )


def matching(view: View, reader: Reader) -> QuerySet[Any]:
    """All rows that the view asks for and the reader may see, unordered."""
    return view.listing.rows(reader).filter(_wanted(view)).order_by()


def _wanted(view: View) -> Q:
    """The condition of the filters and the search together."""
    wanted = Q()
    for each in view.active:
        wanted &= each.where
    if view.q:
        words = searching.prefix_query(view.q)
        wanted &= Q(search_vector=words) if words else paging.NOBODY
    return wanted


def page(view: View, reader: Reader, size: int = PAGE_ROWS) -> Page:
    """One page of rows and the count up to the view's bound. 2 queries and those of the loaders."""
    count, raw = raw_rows(view, reader, size, _fields(view.columns))
    more, raw = len(raw) > size, raw[:size]
    back = bool(view.cursor and view.cursor.back)
    if back:
        raw.reverse()
    rows = _loaded(view.columns, reader, raw)
    before = bool(raw) and (more if back else view.cursor is not None)
    after = bool(raw) and (more if not back else True)
    previous = _cursor(view, raw[0], True) if before else None
    return Page(rows, count, previous, _cursor(view, raw[-1], False) if after else None, view.bound)


def raw_rows(view: View, reader: Reader, size: int, fields: Iterable[str]) -> tuple[int, list[dict[str, Any]]]:
    """The count up to the bound, and the raw rows of one page (one more, where there are more).

    2 queries, whether nothing matches, a few rows or half a million.
    """
    names, found = ("pk", SORT_VALUE, *fields), matching(view, reader)
    if not view.active and not view.q and view.order.name == view.listing.sort:
        count = found.values("pk")[: COUNT_BOUND + 1].count()
        return count, list(paging.slice_of(found, view.order, view.cursor, size).values(*names))
    count, few = paging.few(found, view.order, view.cursor, size, view.bound)
    if few is None:
        walked = paging.along_index(view.listing.rows(reader).order_by(), _wanted(view))
        few = paging.slice_of(walked, view.order, view.cursor, size)
    return count, list(few.values(*names))


def everything(view: View, reader: Reader, chunk: int = 2_000) -> Iterator[Row]:
    """All rows in the view's order, loaded ``chunk`` at a time through a server-side cursor."""
    rows = paging.ordered(matching(view, reader), view.order)
    batch: list[dict[str, Any]] = []
    for raw in rows.values("pk", SORT_VALUE, *_fields(view.columns)).iterator(chunk_size=chunk):
        batch.append(raw)
        if len(batch) == chunk:
            yield from _loaded(view.columns, reader, batch)
            batch = []
    yield from _loaded(view.columns, reader, batch)


def _fields(columns: Iterable[Column]) -> list[str]:
    return list(dict.fromkeys(name for column in columns for name in column.fields))


def _loaded(columns: Iterable[Column], reader: Reader, raw: list[dict[str, Any]]) -> list[Row]:
    rows = [Row(each["pk"], each) for each in raw]
    for column in columns:
        if column.load:
            found = column.load(reader, rows)
            for row in rows:
                row.loaded[column.key] = found.get(row.id)
    return rows


def _cursor(view: View, raw: dict[str, Any], back: bool) -> paging.Cursor:
    return paging.Cursor(view.order.name, raw[SORT_VALUE], raw["pk"], back)


def _order(listing: Listing, wanted: str) -> paging.Order:
    sortable = {column.key: column.sort for column in listing.columns if column.sort}
    name = wanted if wanted.removeprefix("-") in sortable else listing.sort
    key = name.removeprefix("-")
    expression = sortable[key]
    assert expression is not None
    return paging.Order(key, expression, name.startswith("-"))


def _with_traits(listing: Listing) -> tuple[tuple[Column, ...], tuple[Filter, ...]]:
    if not listing.trait_names:
        return listing.columns, listing.filters
    names = listing.trait_names()[:MAX_TRAITS]
    columns = [_trait_column(name, listing.traits) for name in names]
    return (*listing.columns, *columns), (*listing.filters, *(Trait(name, listing.traits) for name in names))


def _trait_column(name: str, traits: str) -> Column:
    return Column(f"t.{name}", name, (traits,), text=lambda row: told(row[traits].get(name)), shown=False)


def told(value: Any) -> Any:
    """A custom field's value as text or number."""
    if isinstance(value, list):
        return ", ".join(str(told(each)) for each in value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _choices(each: Filter, reader: Reader) -> Choices:
    choices = getattr(each, "choices", ())
    return list(choices(reader) if callable(choices) else choices)
