"""Staff land: colleagues that rows of other files name as owners. They cannot sign in until they are invited."""

from __future__ import annotations

import polars as pl

from amity.people.imports.homes import Home, computed, first, named, other_names, plain_name, staged, staged_key
from amity.people.imports.keys import hex_id
from amity.people.imports.landing import Context, Outcome, Table, land, stage_rows
from amity.people.imports.references import BY_NAME, Finder, look_up, matchable
from amity.people.imports.staging import copy, stage

_FIELDS = {"name": "name", "email": "email", "team_id": "team_id"}
_UNUSABLE = "'!' || md5(random()::text) || md5(random()::text)"
TABLE = Table("access.Staff", tuple(_FIELDS.values()), fixed={"password": _UNUSABLE})
_BY_KEY = "SELECT s.n, t.id, t.id FROM stage s JOIN access_staff t ON t.key = s.key WHERE {open}"
_BY_EMAIL = (
    "SELECT s.n, t.id, t.id FROM stage s JOIN access_staff t ON t.email = s.email AND (t.key IS NULL OR "
    "s.key IS NULL) WHERE {open}"
)
_BY_NAME = (
    f"SELECT s.n, t.id, t.id FROM stage s JOIN access_staff t ON {matchable('t.name')} = {matchable('s.name')} "
    "AND (t.key IS NULL OR s.key IS NULL) AND (t.email IS NULL OR {mail} IS NULL) WHERE {{open}}"
)


class Staff(Home):
    """Landing of the noun ``staff``."""

    noun = "staff"
    main = "access.Staff"
    models = ("access.Team", "access.Staff")

    def __init__(self) -> None:
        by_mail = "SELECT w.n, t.id FROM wanted w JOIN access_staff t ON t.email = lower(w.value) WHERE w.id IS NULL"
        self.finder = Finder("access_staff", (by_mail, BY_NAME), make=_make)

    def faults(self, frame: pl.DataFrame) -> pl.Series:
        """A colleague needs a name or an address."""
        return computed(frame, pl.when(_name(frame).is_null()).then(pl.lit("no_name")), "fault")

    def identities(self, frame: pl.DataFrame, context: Context) -> pl.Series:
        """Key, else e-mail, else name."""
        mail = first(frame["email"]) if "email" in frame.columns else pl.lit(None, pl.String)
        return frame.with_columns(staged_key(frame, context), mail.alias("mail")).select(
            pl.coalesce("key", pl.lit("email:") + pl.col("mail"), plain_name(_name(frame)))
        ).to_series().alias("identity")  # fmt: skip

    def known_by(self, frame: pl.DataFrame, context: Context) -> pl.DataFrame:
        """The name."""
        return other_names(self.identities(frame, context), computed(frame, plain_name(_name(frame)), "name"))

    def __call__(self, frame: pl.DataFrame, context: Context, /) -> Outcome:
        frame = frame.with_columns(
            staged_key(frame, context), (pl.col("before") > 0).alias("again"), _name(frame).alias("name")
        )
        frame = _with_teams(frame, context)
        kept = frame.drop("given_name", "family_name", "team", strict=False)
        rows, columns = staged(context, TABLE, kept, _FIELDS)
        stage_rows(context, TABLE, rows)
        mail = "s.email" if "email" in columns else "NULL"
        finders = [_BY_KEY, *([_BY_EMAIL] if "email" in columns else []), _BY_NAME.format(mail=mail)]
        outcome = land(context, TABLE, columns, finders)
        _set_managers(context, frame, self)
        return outcome


def _name(frame: pl.DataFrame) -> pl.Expr:
    parts = [pl.col(name) for name in ("given_name", "family_name") if name in frame.columns]
    joined = pl.concat_str(parts, separator=" ", ignore_nulls=True) if parts else pl.lit(None, pl.String)
    mail = pl.lit(None, pl.String)
    if "email" in frame.columns:
        mail = pl.col("email").list.first() if isinstance(frame.schema["email"], pl.List) else pl.col("email")
    return pl.coalesce([named(frame, "name"), pl.when(joined != "").then(joined), mail, named(frame, "external_id")])


def _with_teams(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    if "team" not in frame.columns:
        return frame
    found = look_up(context, frame["team"], _TEAMS, context.column_of("team"), "team")
    values = frame["team"].str.strip_chars().alias("value").to_frame()
    return frame.with_columns(values.join(found, on="value", how="left", maintain_order="left")["id"].alias("team_id"))


def _set_managers(context: Context, frame: pl.DataFrame, home: Staff) -> None:
    """Managers become colleagues; a team that this import made gets its manager when the file names exactly one."""
    if "manager" not in frame.columns:
        return
    found = home.refer(context, frame["manager"], context.column_of("manager"))
    if "team_id" not in frame.columns:
        return
    pairs = frame.select("team_id", pl.col("manager").str.strip_chars().alias("value")).join(found, on="value")
    single = pairs.group_by("team_id").agg(pl.col("id").unique()).filter(pl.col("id").list.len() == 1).explode("id")
    if single.height:
        stage(context.cursor, "heads", single.drop_nulls(), {"team_id": "uuid", "id": "uuid"})
        context.cursor.execute(
            "UPDATE access_team t SET manager_id = h.id FROM heads h WHERE h.team_id = t.id AND t.manager_id IS NULL "
            "AND t.origin_id = %s",
            [context.run_id],
        )


def _make(context: Context, frame: pl.DataFrame) -> None:
    """Colleagues that only an owner column names."""
    value = pl.col("value")
    is_mail = value.str.contains(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    rows = frame.select(
        "id",
        value.str.slice(0, 200).alias("name"),
        pl.when(is_mail).then(value.str.to_lowercase().str.slice(0, 254)).alias("email"),
        pl.lit(hex_id(context.run_id)).alias("origin_id"),
    )
    stage(context.cursor, "colleagues", rows, {"id": "uuid", "origin_id": "uuid"})
    context.cursor.execute(
        "INSERT INTO access_staff (id, name, email, origin_id, password, is_superuser, role, scope, language, "
        "time_zone, "
        f"is_active, created_at) SELECT id, name, email, origin_id, {_UNUSABLE}, false, 'salesperson', "
        f"'own', 'en', 'UTC', "
        "true, %s FROM colleagues",
        [context.stamp],
    )


def _make_team(context: Context, frame: pl.DataFrame) -> None:
    rows = frame.select(
        "id",
        pl.col("value").str.slice(0, 200).alias("name"),
        pl.lit(hex_id(context.run_id)).alias("origin_id"),
        pl.lit(context.stamp.isoformat()).alias("created_at"),
    )
    copy(context.cursor, "access_team", rows)


_TEAMS = Finder("access_team", (BY_NAME,), make=_make_team, keyed=False)
