"""The statements of `bulk_load`: the n-th row of every kind is a function of n alone, so nothing needs a look-up."""

from __future__ import annotations

from collections.abc import Iterator

STAFF, TEAMS, STAGES, PRODUCTS = 20, 4, 5, 200
_KINDS = {
    "company": 1, "person": 2, "mail": 3, "phone": 4, "deal": 5, "event": 6, "staff": 7, "team": 8, "order": 9,
    "stage": 10, "model": 11, "score": 12, "product": 13, "pipeline": 14,
}  # fmt: skip

# nth: the id of the n-th row of a kind, a UUIDv7 whose time grows with n, so that inserts stay at the right end.
# dice: a number from 0 to 1 that looks random and is the same each time.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION pg_temp.nth(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(1735689600000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
          || lpad(to_hex(n), 15, '0'))::uuid $$;
CREATE OR REPLACE FUNCTION pg_temp.dice(salt int, n bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (hashint8extended(n, salt) & 2147483647) / 2147483648.0 $$;
"""


def nth(kind: str, n: str) -> str:
    """SQL for the id of row ``n`` (an SQL expression) of ``kind``."""
    return f"pg_temp.nth({_KINDS[kind]}, ({n})::bigint)"


def dice(salt: int, n: str = "n") -> str:
    """SQL for a number from 0 to 1 that depends on ``n`` and ``salt``."""
    return f"pg_temp.dice({salt}, ({n})::bigint)"


def steps(companies: int, deals: int, events: int) -> Iterator[tuple[str, str]]:
    """(label, SQL) in the order of references; needs the table ``made`` that `bulk_load` fills."""
    yield "staff", _staff()
    yield f"{companies:,} companies", _companies(companies)
    yield "people", _people()
    yield "identifiers", _identifiers("mail", "email") + ";" + _identifiers("phone", "phone")
    yield "catalogue", _catalogue()
    yield f"{deals:,} deals", _deals(deals)
    yield "orders", _orders(deals)
    yield "scores", _scores()
    yield f"{events:,} events", _events(deals, events)


def _ago(salt: int, n: str = "n", days: int = 720) -> str:
    return f"timestamptz '2026-11-01 12:00Z' - {dice(salt, n)} * interval '{days} days'"


def _one_of(values: str, salt: int, n: str = "n") -> str:
    """One of comma-separated ``values``, by dice."""
    items = values.split(",")
    listed = ", ".join(f"'{value}'" for value in items)
    return f"(ARRAY[{listed}])[1 + floor({dice(salt, n)} * {len(items)})::int]"


def _staff() -> str:
    team, staff = nth("team", f"n % {TEAMS}"), nth("staff", "n")
    return f"""
INSERT INTO access_team (id, name, created_at)
  SELECT {nth("team", "n")}, 'Scale team ' || n, {_ago(1)} FROM generate_series(0, {TEAMS - 1}) n;
INSERT INTO access_staff (id, password, is_superuser, email, name, role, scope, language, time_zone, is_active,
                          created_at, team_id, mfa_due_at)
  SELECT {staff}, '!', false, 'scale' || n || '@copperleaf.example', 'Scale Staff ' || n,
         CASE WHEN n = 0 THEN 'administrator' WHEN n < {TEAMS + 1} THEN 'manager' ELSE 'salesperson' END,
         CASE WHEN n = 0 THEN 'all' WHEN n < {TEAMS + 1} THEN 'team' ELSE 'own' END,
         'en', 'UTC', true, {_ago(2)}, {team}, timestamptz '2100-01-01Z' FROM generate_series(0, {STAFF - 1}) n"""


def _owner(n: str) -> str:
    """Owner and team columns: one row in eleven has nobody, and belongs to a team all the same."""
    mine = f"floor({dice(3, n)} * {STAFF * 1.1})"
    return f"""CASE WHEN {mine} < {STAFF} THEN {nth("staff", mine)} END,
         {nth("team", f"{mine}::int % {TEAMS}")}"""


def _companies(count: int) -> str:
    return f"""
INSERT INTO people_company (id, key, owner_id, team_id, traits, origins, observed_at, search, created_at, updated_at,
                            name, domain, industry, city, country, phone, email, employees, currency)
  SELECT {nth("company", "n")}, 'scale:C' || n, {_owner("n")},
         jsonb_build_object('segment', {_one_of("A,B,C", 4)}), '{{}}', {_ago(5)},
         lower(concat_ws(' ', word, n, 'ltd', 'firm' || n, 'example', industry, city)), {_ago(5)}, {_ago(6)},
         word || ' ' || n || ' Ltd', 'firm' || n || '.example', industry, city, {_one_of("DE,DE,PL,GB,GB,RU", 8)},
         '', '', (5 + {dice(9)} * {dice(10)} * 2000)::int, ''
  FROM (SELECT n, {_one_of("Hotels,Bakeries,Retail,Manufacturing,Health care,Offices", 7)} AS industry,
               {_one_of("Berlin,Hamburg,Warszawa,London,Leeds,Moskva", 8)} AS city,
               {_one_of("Adler,Beacon,Cedar,Delta,Elm,Falcon,Granit,Hanse,Iris,Jantar,Kestrel,Lotos", 11)} AS word
        FROM generate_series(0, {count - 1}) n) firms"""


def _people() -> str:
    status = _one_of("none,none,none,none,none,none,open,converted,lost,lost", 35)
    return f"""
INSERT INTO people_person (id, key, owner_id, team_id, traits, origins, observed_at, search, created_at, updated_at,
                           display_name, given_name, family_name, middle_name, email, phone, job_title, company_id,
                           city, country, language, source, lead_status, lead_created_at, lead_decided_at)
  SELECT {nth("person", "n")}, 'scale:P' || n, {_owner("n")},
         jsonb_build_object('cups_a_day', (5 + {dice(12)} * 400)::int, 'trade', {_one_of("Hotels,Bakeries,Retail", 13)},
                            'newsletter', n % 3 = 0),
         '{{}}', {_ago(14)},
         lower(concat_ws(' ', folded, replace(split_part(email, '@', 1), '.', ' '), 'firm' || firm, 'example',
                         firm, 'ltd', title, city_words, source, substr(phone, 2), right(phone, 9))), {_ago(14)},
         {_ago(15)}, first || ' ' || last, first, last, '', email, phone,
         title, {nth("company", "firm")},
         city, CASE country WHEN 'Germany' THEN 'DE' WHEN 'Poland' THEN 'PL' WHEN 'Russia' THEN 'RU' ELSE 'GB' END,
         language, source, status,
         CASE WHEN status <> 'none' THEN {_ago(14)} END,
         CASE WHEN status IN ('converted', 'lost') THEN {_ago(14)} + interval '20 days' END
  FROM (SELECT *, {status} AS status,
               {_one_of("Owner,Office Manager,Barista,Einkaufsleiter,Prezes,Receptionist", 16)} AS title,
               {_one_of("Website,Google Ads,Referral,Trade fair,Newsletter,LinkedIn", 17)} AS source FROM made) made"""


def _identifiers(kind: str, column: str) -> str:
    return f"""
INSERT INTO people_identifier (id, person_id, kind, value, observed_at)
  SELECT {nth(kind, "n")}, {nth("person", "n")}, '{column}', {column}, {_ago(14)} FROM made"""


def _catalogue() -> str:
    return f"""
INSERT INTO sales_pipeline (id, name, created_at) VALUES ({nth("pipeline", "1")}, 'Scale pipeline', {_ago(18, "1")});
INSERT INTO sales_stage (id, pipeline_id, name, position, status)
  SELECT {nth("stage", "n")}, {nth("pipeline", "1")}, (ARRAY['New','Demo','Offer','Won','Lost'])[n], n,
         (ARRAY['open','open','open','won','lost'])[n] FROM generate_series(1, {STAGES}) n;
INSERT INTO sales_product (id, key, custom, created_at, updated_at, search, name, sku, family, price_minor, currency)
  SELECT {nth("product", "n")}, 'scale:S' || n, '{{}}', {_ago(19)}, {_ago(19)}, 'machine m' || n, 'Machine M' || n,
         'M' || n, {_one_of("Machines,Water,Filters", 20)}, (1000 + {dice(21)} * 900000)::bigint, 'EUR'
  FROM generate_series(0, {PRODUCTS - 1}) n"""


def _deals(count: int) -> str:
    """Row n belongs to person 5 n; three in ten are open."""
    return f"""
INSERT INTO sales_deal (id, key, custom, created_at, updated_at, search, title, person_id, company_id, product_id,
                        owner_id, team_id, stage_id, status, value_minor, currency, source, lost_reason, opened_at,
                        closed_at, expected_close_on)
  SELECT {nth("deal", "n")}, 'scale:D' || n, jsonb_build_object('answers', (n % 7)), opened, {_ago(22)},
         'machine m' || n % {PRODUCTS} || ' firm' || n / 2 || ' deal ' || n,
         'Machine M' || n % {PRODUCTS} || ', deal ' || n,
         {nth("person", "5 * n")}, {nth("company", "n / 2")}, {nth("product", f"n % {PRODUCTS}")}, {_owner("n")},
         {nth("stage", "stage")}, CASE stage WHEN 4 THEN 'won' WHEN 5 THEN 'lost' ELSE 'open' END,
         (100000 + {dice(23)} * {dice(24)} * 9000000)::bigint, 'EUR', {_one_of("Website,Referral,Trade fair", 25)},
         CASE stage WHEN 5 THEN 'Price' ELSE '' END, opened, CASE WHEN stage > 3 THEN opened + interval '45 days' END,
         (opened + interval '60 days')::date
  FROM (SELECT n, {_ago(26)} AS opened, (ARRAY[1, 2, 3, 4, 4, 4, 5, 5, 5, 4])[1 + floor({dice(27)} * 10)::int] AS stage
        FROM generate_series(0, {count - 1}) n) deals"""


def _orders(count: int) -> str:
    return f"""
INSERT INTO sales_order (id, key, custom, created_at, updated_at, number, person_id, company_id, total_minor, currency,
                         status, ordered_at)
  SELECT {nth("order", "n")}, 'scale:O' || n, '{{}}', {_ago(28)}, {_ago(28)}, 'O-' || n, {nth("person", "5 * n")},
         {nth("company", "n / 2")}, (5000 + {dice(29)} * 400000)::bigint, 'EUR', 'Delivered', {_ago(28)}
  FROM generate_series(0, {count - 1}) n"""


def _scores() -> str:
    """The current score of every open lead and deal."""

    def insert(number: int, target: str, kind: str, source: str) -> str:
        value = f"{dice(30 + number, 'row')} * 0.9"
        return f"""
INSERT INTO intelligence_score (id, model_id, target, subject_kind, subject_id, value, low, high, gain_minor, reasons,
                                features, current, scored_at)
  SELECT {nth("score", f"2 * row + {number}")}, {nth("model", str(number))}, '{target}', '{kind}', id, {value},
         {value}, {value} + 0.1, ({dice(32)} * 500000)::bigint, '[]', '{{}}', true, timestamptz '2026-11-01 12:00Z'
  FROM (SELECT id, row, row AS n FROM (SELECT id, row_number() OVER (ORDER BY id) AS row FROM {source}) s) s"""

    return ";".join(
        (
            f"""
INSERT INTO intelligence_modelversion (id, target, number, rung, signal, state, rows, positives, card, artefact,
                                       artefact_hash, created_at, why, "window")
  SELECT {nth("model", "n")}, (ARRAY['lead', 'deal'])[n], 1, 'base_rate', true, 'live', 0, 0, '{{}}', '{{}}', '',
         timestamptz '2026-11-01 12:00Z', '{{}}', '{{}}' FROM generate_series(1, 2) n""",
            insert(1, "lead", "person", "people_person WHERE lead_status = 'open'"),
            insert(2, "deal", "deal", "sales_deal WHERE status = 'open'"),
        )
    )


def _events(deals: int, count: int) -> str:
    """Uneven: person p gets as many as 1 / (2 √(p P)) of all, so the first of a million has about ten thousand."""
    return f"""
INSERT INTO events_event (id, kind, name, summary, source, message_id, person_id, company_id, deal_id, data,
                          occurred_at, received_at)
  SELECT {nth("event", "n")}, kind, name, '', 'scale', n::text, {nth("person", "person")},
         {nth("company", "person / 10")},
         CASE WHEN person % 5 = 0 AND person / 5 < {deals} AND kind <> 'page' THEN {nth("deal", "person / 5")} END,
         CASE kind WHEN 'page' THEN jsonb_build_object('url', '/products/' || n % 40, 'seconds', n % 300)
                   ELSE '{{}}' END, at, at
  FROM (SELECT n, floor(people * {dice(33)} * {dice(33)})::bigint AS person, {_ago(34)} AS at,
               CASE WHEN n % 10 < 7 THEN 'page' WHEN n % 10 < 9 THEN 'mail' ELSE 'call' END AS kind,
               CASE WHEN n % 10 < 7 THEN 'page view' WHEN n % 10 = 7 THEN 'mail sent' WHEN n % 10 = 8
                    THEN 'mail received' ELSE 'call' END AS name
        FROM generate_series(1, {count}) n, (SELECT count(*) AS people FROM made) made) events"""
