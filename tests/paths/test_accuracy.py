"""The accuracy page, recalibration, and verdicts derived again: what is said,
and what changes by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.cli import main, opening
from leadtracker.domain import Site
from leadtracker.matching.calibration import Calibration
from leadtracker.matching.posterior import Posterior
from leadtracker.records import learned, verdicts
from leadtracker.records.tables import CallRow, ShareRow, VerdictRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.rematch import apply, rematches
from leadtracker.who_called.ring import Ring
from leadtracker.who_called.verdict import verdict_record
from tests.dashboard_rows import add, call, lease

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
DID = "+972722776772"
ANY = "visitor-0000000001"


def shop(stores: Stores) -> Site:
    stores.directory.refresh()
    return next(site for site in stores.directory.sites if site.name == "shop")


def judged_calls(
    stores: Stores,
    count: int,
    change: Callable[[Posterior], Posterior] = lambda posterior: posterior,
) -> None:
    """Calls with the page open, judged by the product;
    `change` makes of a posterior what is kept."""
    site, engine = shop(stores), stores.engine
    for number in range(count):
        at = NOW - timedelta(minutes=30 * number)
        who = f"visitor-{number:010}"
        add(
            engine,
            lease(
                at,
                visitor=who,
                did=DID,
                site_id=site.id,
                seen=at + timedelta(minutes=3),
                source_key="google",
            ),
            row := call(at + timedelta(minutes=2), visitor_id=who, did=DID, site_id=site.id),
        )
        with Session(engine) as session:
            known = Knowledge.load(session, site, at)
            found = known.judge(session, Ring(row.started_at, DID, row.caller))
            found = known.learn(replace(found, posterior=change(found.posterior)), answered=True)
            kept = session.get_one(CallRow, row.id)
            kept.match = verdict_record(session, found, known.calibration)
            verdicts.save(session, [(row.id, site.id, found)])
            verdicts.share(
                session,
                {row.id: verdicts.parts_of(session, site.id, found.posterior, found.evidence)},
            )
            session.commit()


def tell(engine: Engine, site_id: int, count: int, stated: float, right: int) -> None:
    """So many calls of a known caller, of which so many were stated right."""
    judged = [
        call(NOW - timedelta(days=20, minutes=number), site_id=site_id) for number in range(count)
    ]
    add(engine, *judged)
    with Session(engine) as session:
        session.add_all(
            VerdictRow(
                call_pk=row.id,
                site_id=site_id,
                rules=1,
                version=1,
                evidence=b"",
                posterior=b"",
                lesson=None,
                days=0,
                stated=stated,
                untold=stated,
                untold_right=number < right,
            )
            for number, row in enumerate(judged)
        )
        session.commit()


SAID: dict[str, tuple[int, float, int, list[str]]] = {
    "nothing known": (
        0,
        0.0,
        0,
        [
            "Not enough confirmed calls yet.",
            "Based on 0 confirmed calls",
            "(300 more)",
            "callers of a typical site",
        ],
    ),
    "too few": (
        19,
        0.93,
        18,
        ["Not enough confirmed calls yet.", "Based on 19 confirmed calls", "(281 more)"],
    ),
    "enough for a sentence": (
        100,
        0.93,
        88,
        ["When we say about 93 %, it was right 88 of 100 times.", "(between 80 and 93)"],
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_page_says(dashboard: FlaskClient, stores: Stores, name: str) -> None:
    count, stated, right, said = SAID[name]
    tell(stores.engine, shop(stores).id, count, stated, right)
    page = dashboard.get(f"/accuracy?site={shop(stores).id}").text
    for words in said:
        assert words in page, words
    assert ('<svg class="calibration"' in page) is (count > 0)
    assert " style=" not in page


def test_after_300_truths_what_is_shown_is_what_proved_true(
    app: Flask, dashboard: FlaskClient, stores: Stores, worker: Worker
) -> None:
    site = shop(stores)
    tell(stores.engine, site.id, 400, 0.95, 240)
    worker.turn()  # its hourly work
    with Session(stores.engine) as session:
        using = learned.calibration(session, site.id)
    assert using(0.95) == pytest.approx(0.6, abs=0.03)
    page = dashboard.get(f"/accuracy?site={site.id}").text
    assert "When we say about 6" in page
    assert "adjusted to what proved true on this site" in page
    judged_calls(stores, 1)
    with Session(stores.engine) as session:
        newest = session.scalars(select(CallRow).order_by(CallRow.id.desc())).first()
        assert newest is not None
        as_matched = verdicts.judgment(session, newest.id)
        assert as_matched is not None
        assert as_matched.posterior.best > 0.9  # stays as matched
        assert newest.match["p"] == pytest.approx(using(as_matched.posterior.best), abs=1e-3)
        assert Calibration(*newest.match["calibration"]) == using
    assert "adjusted to what" in dashboard.get(f"/calls/{newest.id}").text


def lost(posterior: Posterior) -> Posterior:
    """As poorer rules would have had it."""
    return replace(
        posterior, candidates=(), nobody=1.0, other=0.0, sources={}, stray=1.0, older=0.0
    )


def test_calls_are_matched_again(app: Flask, stores: Stores) -> None:
    site = shop(stores)
    judged_calls(stores, 3, lost)
    with Session(stores.engine) as session:
        oldest, _, newest = session.scalars(select(CallRow).order_by(CallRow.started_at)).all()
        said = session.get_one(VerdictRow, newest.id)
        said.confirmed = said.heeded = ""
        sums, _, _ = learned.sums(session, site.id)
        began = oldest.started_at
        session.commit()
    assert list(rematches(stores.engine, site, NOW + timedelta(days=1))) == []
    changes = list(rematches(stores.engine, site, began + timedelta(seconds=1)))
    assert len(changes) == 1  # the first is older, of the last a user has spoken
    changes = list(rematches(stores.engine, site, began))
    assert [(one.before.verdict, one.after.verdict, one.renames) for one in changes] == [
        ("nobody", "certain", True)
    ] * 2
    assert all(apply(stores.engine, stores.live, site, one) for one in changes)
    with Session(stores.engine) as session:
        row = session.get_one(CallRow, changes[0].call_pk)
        assert row.visitor_id == changes[0].after.candidates[0].visitor
        assert (row.match["verdict"], row.campaign) == ("certain", "spring")
        shares = session.scalars(select(ShareRow.p).where(ShareRow.call_pk == row.id)).all()
        assert sum(shares) == pytest.approx(1)
        assert learned.sums(session, site.id)[0] == sums  # it teaches nothing
    assert list(rematches(stores.engine, site, began)) == []
    with Session(stores.engine) as session:
        session.get_one(VerdictRow, changes[0].call_pk).confirmed = ANY
        session.commit()
    assert not apply(stores.engine, stores.live, site, changes[0])


def test_the_command_asks_before_it_changes(
    app: Flask, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_calls(stores, 2, lost)
    monkeypatch.setattr(opening, "database", lambda: stores.engine)
    monkeypatch.setattr(opening, "live", lambda _: stores.live)

    def run(*arguments: str, answer: str = "") -> str:
        done = CliRunner().invoke(main, list(arguments), input=answer)
        assert done.exit_code == 0, done.output
        return done.output

    since = ("rematch", "--since", f"{NOW - timedelta(days=1):%Y-%m-%d}", "--site", "shop")
    for told in (run(*since, "--dry-run"), run(*since, answer="n\n")):
        assert told.count("nobody of the site  ->  certain visitor-") == 2
        assert "2 calls get another verdict; of 0 more" in told
    assert "2 calls changed." in run(*since, answer="y\n")
    assert "0 calls get another verdict" in run(*since, "--yes")
    with Session(stores.engine) as session:
        number = session.scalars(select(CallRow.id)).first()
    shown = json.loads(run("call", "show", str(number), "--json"))
    assert shown["why"]["verdict"] == "certain"
    assert shown["why"]["people"][0]["reasons"][0].startswith("on the site now")
    assert "Who called: certain" in run("call", "show", str(number))
    assert "(certain)" in run("call", "list")
    assert json.loads(run("call", "list", "--json"))[0]["match"]["verdict"] == "certain"
    run("call", "confirm", str(number), "--nobody")
    assert "none of these, as a user said" in run("call", "show", str(number))
