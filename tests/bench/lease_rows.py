"""A lease log of any length, made by the database itself:
what `tests.bench.lease_log` judges calls beside."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.records import learned
from leadtracker.records.database import migrate

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # when the log ends
DAYS = 90
NUMBERS = [f"+9723555{1000 + number}" for number in range(40)]
# as many as a pool of 40 numbers counts separately; each number is shown to visitors of all of them
SOURCES = 10
SITE = f"""
[site.bench]
tokens = ["bench"]
origins = ["https://bench.example.com"]
dids = {NUMBERS}
"""
AT_ONCE = 500_000  # leases in one transaction
# what the two databases say differently: a moment as kept, one as JSON has it, a JSON text as kept
WORDS = {
    "sqlite": (
        "strftime('%Y-%m-%d %H:%M:%f000', {}, 'unixepoch')",
        "strftime('%Y-%m-%dT%H:%M:%f+00:00', {}, 'unixepoch')",
        "{}",
    ),
    "postgresql": (
        "to_timestamp({})",
        "to_char(to_timestamp({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS+00:00')",
        "CAST({} AS json)",
    ),
}
# Two leases for a visitor, a minute each. One in fifty had no number: of those,
# half tapped the default one.
MADE = f"""
WITH RECURSIVE numbers(n) AS (
  SELECT CAST(:first AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n < :last
),
made AS (
  SELECT n, 'visitor' || (n / 2) AS visitor, '+97250' || (1000000 + n / 2) AS phone,
    '+9723555' || (1000 + n % 40) AS did,
    CASE WHEN n % 50 > 0 THEN 'leased' WHEN n % 100 = 0 THEN 'tapped' ELSE 'pool_empty' END
      AS reason,
    'campaign ' || (n / 40 % {SOURCES}) AS campaign, n / 960 % 3 AS level,
    :begin + n * :step AS start
  FROM numbers
)
"""


def phone_of(lease: int) -> str:
    """The phone of the visitor of this lease, if one is known; leases count from 1."""
    return f"+97250{1_000_000 + lease // 2}"


def fill(engine: Engine, rows: int) -> None:
    """So many leases up to NOW, the sums of those closed,
    a known phone for each 50 leases and a call for each 20."""
    migrate(engine)
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
    step = DAYS * 86400 / rows
    spread = {"begin": NOW.timestamp() - 60 - DAYS * 86400, "step": step}
    for first in range(1, rows + 1, AT_ONCE):
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA synchronous = OFF"))  # it can be made again
            for statement in _statements(engine.dialect.name):
                connection.execute(
                    text(statement),
                    {"first": first, "last": min(first + AT_ONCE - 1, rows), **spread},
                )
    with Session(engine) as session:
        learned.merge_old_weeks(session, NOW)  # as the worker does every day
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))  # as it does by itself, later


def _statements(dialect: str) -> tuple[str, ...]:
    moment, iso, as_json = WORDS[dialect]
    start, left = moment.format("start"), moment.format("start + 60")
    reached = [iso.format(f"start + {seconds}") for seconds in (15, 40, 50)]
    levels = f"""CASE level WHEN 0 THEN '[]' WHEN 1 THEN '["' || {reached[0]} || '"]'
      ELSE '["' || {reached[0]} || '", "' || {reached[1]} || '"]' END"""
    taps = f"""CASE WHEN reason = 'tapped' OR n % 99 = 0
      THEN '["' || {reached[2]} || '"]' ELSE '[]' END"""
    touchpoint = """'{"channel": "paid search", "source": "google", "landing_page": "/", '
      || '"campaign": "' || campaign || '"}'"""
    called = """'{"p": 0.4, "did": "' || did || '", "answered": true, "phone": "+972501", '
      || '"at": ' || start || '}'"""
    return (
        f"""INSERT INTO leases (id, site_id, did, visitor, visit, reason, start, seen, "left",
          taps, touchpoint, channel, source, campaign, landing_page, new_visit, source_key,
          device, region, levels)
        {MADE} SELECT 'lease' || n, 1, CASE WHEN reason = 'leased' THEN did END, visitor,
          'visit' || n, reason, {start}, {left}, {left},
          {as_json.format(taps)}, {as_json.format(touchpoint)}, 'paid search', 'google', campaign,
          '/', true, 'google / ' || campaign,
          CASE WHEN n % 3 = 0 THEN 'desktop' ELSE 'mobile' END,
          'IL-' || (2 + n % 7), {as_json.format(levels)} FROM made""",
        f"""INSERT INTO closed_leases (did, day, source, level, number)
        {MADE} SELECT did, CAST(start + 60 AS bigint) / 86400, 'google / ' || campaign, level,
          count(*)
          FROM made WHERE reason = 'leased' GROUP BY 1, 2, 3, 4
        ON CONFLICT (did, source, level, day)
          DO UPDATE SET number = closed_leases.number + excluded.number""",
        f"""INSERT INTO known_phones (site_id, phone, visitor, said_by, at)
        {MADE} SELECT 1, phone, visitor, 'page', {start} FROM made WHERE n % 50 = 1""",
        f"""INSERT INTO callers (site_id, visitor, at, called)
        {MADE} SELECT 1, visitor, start, {as_json.format(called)} FROM made WHERE n % 20 = 1""",
    )
