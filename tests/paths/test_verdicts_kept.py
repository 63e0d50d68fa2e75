"""What a call keeps of its verdict: parts, record, explanation, and when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.domain import Touchpoint
from leadtracker.matching.calibration import Calibration
from leadtracker.matching.evidence import Evidence, Holder
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.records import verdicts
from leadtracker.records.calls import Snapshot
from leadtracker.records.tables import CallRow, ShareRow, VerdictRow
from leadtracker.records.verdicts import Judgment
from leadtracker.web.stores import Stores
from leadtracker.who_called import rematch as rematching
from leadtracker.who_called.explanation import Explanation, Person, explanation
from leadtracker.who_called.rematch import Rematch, rematches
from leadtracker.who_called.verdict import calibration_of, sentence, snapshot, verdict_record
from tests import site_files
from tests.dashboard_rows import NOW, add, call, lease, unknown_call
from tests.paths.test_accuracy import judged_calls, lost, shop

MINUTE = timedelta(minutes=1)
AS_STATED = Calibration()


def candidate(visitor: str, p: float, *reasons: str, **sources: float) -> Candidate:
    return Candidate(visitor, p, sources or {"ads": p}, "", reasons)


def holder(visitor: str, of: str, source: str = "ads") -> Holder:
    return Holder(visitor, of, source, 0, "", "", 1, True, 0.0, 0.0, None)


def judged(posterior: Posterior, *holders: Holder, word: str | None = None) -> Judgment:
    first_calls = replace(posterior, first_calls=(0.0,) * len(holders))
    evidence = Evidence(NOW.timestamp(), "+1", "+2", 0, 0, 1.0, holders=holders)
    return Judgment(evidence, first_calls, rules=3, version=9, word=word)


@pytest.fixture
def sites(engine: Engine) -> None:
    site_files.keep(engine, "[account.pbx]\nvendor='voicenter'\n\n[site.shop]\n\n[site.other]")


def named(source: str) -> Touchpoint:
    return Touchpoint(
        channel=f"c {source}", source=source, campaign=f"k {source}", landing_page=f"/{source}"
    )


@pytest.mark.usefixtures("sites")
class TestParts:
    """Three visits of Dana's, one of Noa's, each with a lease; a fifth lease is of no holder."""

    HOLDERS = (
        holder("dana", "new"),
        holder("dana", "old"),
        holder("dana", "mailed", "mail"),
        holder("noa", "hers"),
    )

    def parts(self, engine: Engine, posterior: Posterior, *missing: str) -> dict[str, float]:
        """By the name of the lease whose touchpoint it is."""
        for name, key in (("new", "ads"), ("old", "ads"), ("mailed", "mail"), ("hers", "ads")):
            if name not in missing:
                add(engine, lease(NOW, id=name, source_key=key, arrival=named(name)))
        add(engine, lease(NOW, id="other", source_key="walk", arrival=named("other")))
        add(engine, lease(NOW, id="abroad", source_key="far", arrival=named("abroad"), site_id=2))
        evidence = judged(posterior, *self.HOLDERS).evidence
        with Session(engine) as session:
            found = verdicts.parts_of(session, 1, posterior, evidence)
        return {touched.source + (touched.landing_page or "!"): p for p, touched in found}

    def test_by_visit_and_source(self, engine: Engine) -> None:
        candidates = candidate("dana", 0.6, ads=0.5, mail=0.1), candidate("noa", 0.2)
        posterior = Posterior(candidates, 0.1, 0.1, {"ads": 0.7, "mail": 0.1})
        assert self.parts(engine, posterior) == pytest.approx(
            {"new/new": 0.5, "mailed/mailed": 0.1, "hers/hers": 0.2}
        )

    def test_a_source_that_the_visitor_did_not_come_by_is_anothers(self, engine: Engine) -> None:
        """The newest visit by mail is Dana's. Of walk no holder came: any lease tells its name."""
        candidates = (candidate("noa", 0.5, mail=0.5), candidate("gal", 0.2, walk=0.2))
        posterior = Posterior(candidates, 0.2, 0.1, {"mail": 0.5, "walk": 0.25, "far": 0.05})
        assert self.parts(engine, posterior) == pytest.approx(
            {"mailed/mailed": 0.5, "other!": 0.25}
        )

    def test_what_is_worth_it(self, engine: Engine) -> None:
        candidates = candidate("dana", 0.005), candidate("noa", 0.0049)
        posterior = Posterior(candidates, 0.9, 0.0, {"ads": 0.0099, "walk": 0.005})
        assert self.parts(engine, posterior) == pytest.approx({"new/new": 0.005, "other!": 0.005})

    def test_a_lease_forgotten_since_is_known_by_its_source(self, engine: Engine) -> None:
        candidates = candidate("dana", 0.6), candidate("noa", 0.2)
        posterior = Posterior(candidates, 0.2, 0.0, {"ads": 0.8})
        found = self.parts(engine, posterior, "new")
        assert sum(found.values()) == pytest.approx(0.8)
        assert found["hers/hers"] == pytest.approx(0.2)


@pytest.mark.usefixtures("sites")
class TestShares:
    def shares(self, engine: Engine, *parts: verdicts.Part) -> list[ShareRow]:
        row = unknown_call(NOW)
        add(engine, row)
        with Session(engine) as session:
            verdicts.share(session, {row.id: [(1.0, named("before"))]})
            verdicts.share(session, {row.id: parts})
            verdicts.share(session, {})
            session.commit()
            return list(session.scalars(select(ShareRow).order_by(ShareRow.id)))

    def test_alike_ones_are_one_and_the_rest_has_none(self, engine: Engine) -> None:
        """A report takes what is alike for it from the first of them."""
        base = named("a")
        found = self.shares(
            engine,
            (0.2, base),
            (0.1, base),
            (0.25, replace(base, landing_page="/b")),
            (0.15, replace(base, campaign="k b")),
        )
        assert [
            (row.p, row.by_channel, row.by_source, row.by_campaign, row.by_landing) for row in found
        ] == [
            pytest.approx(values)
            for values in (
                (0.3, 0.7, 0.7, 0.55, 0.45),
                (0.25, 0.0, 0.0, 0.0, 0.25),
                (0.15, 0.0, 0.0, 0.15, 0.0),
                (0.3, 0.3, 0.3, 0.3, 0.3),
            )
        ]
        assert (found[3].channel, found[3].landing_page) == ("", "")
        with Session(engine) as session:
            kept = verdicts.shares_of(session, found[0].call_pk)
        assert [round(p, 6) for p, _ in kept] == [0.3, 0.3, 0.25, 0.15]
        assert kept[0][1] == base

    def test_nothing_is_left_of_a_whole(self, engine: Engine) -> None:
        assert [row.p for row in self.shares(engine, (1.0, named("a")))] == [1.0]
        assert [row.p for row in self.shares(engine)][-1:] == [1.0]


CERTAIN = Posterior(
    (candidate("dana", 0.9, "the page was open", "read"),), 0.06, 0.04, {"ads": 0.9}
)


@pytest.mark.parametrize(
    ("posterior", "words"),
    [
        (CERTAIN, "The page was open; read."),
        (Posterior((candidate("dana", 0.9),), 0.1, 0.0, {}), ""),
        (Posterior((), 0.6, 0.4, {}), "Most likely nobody who was shown this number on the site."),
        (
            Posterior((), 0.4, 0.6, {}),
            "Several visitors may have called; none of them is likely enough to be named.",
        ),
    ],
)
def test_a_verdict_in_one_line(posterior: Posterior, words: str) -> None:
    best = posterior.candidates[0] if posterior.candidates else None
    assert sentence(posterior, best) == words


@pytest.mark.usefixtures("sites")
class TestRecord:
    def record(
        self, engine: Engine, *of: Any, calibration: Calibration = AS_STATED
    ) -> dict[str, Any]:
        with Session(engine) as session:
            return dict(verdict_record(session, judged(*of), calibration))

    def test_of_a_visitor(self, engine: Engine) -> None:
        start = NOW - 5 * MINUTE
        taps = [(start + MINUTE * n).isoformat() for n in (2, 1)]
        add(engine, lease(start, id="1", visit="v", seen=NOW, left=None, taps=taps))
        assert self.record(engine, CERTAIN, holder("noa", "0"), holder("dana", "1")) == {
            "verdict": "certain",
            "visitor": "dana",
            "p": 0.9,
            "said": "The page was open; read.",
            "nobody": 0.06,
            "other": 0.04,
            "candidates": [{"visitor": "dana", "p": 0.9, "reasons": ["the page was open", "read"]}],
            "rules": 3,
            "version": 9,
            "lease": "1",
            "visit": "v",
            "lease_start": start.isoformat(),
            "seen": NOW.isoformat(),
            "left": None,
            "tapped": max(taps),
        }

    def test_of_nobody(self, engine: Engine) -> None:
        few = Posterior((candidate("dana", 0.2),), 0.56789, 0.23211, {})
        found = self.record(engine, few, holder("dana", "1"))
        assert (found["verdict"], found["visitor"], found["p"]) == ("nobody", None, 0.5679)
        assert "lease" not in found
        assert "calibration" not in found
        assert "confirmed" not in found

    def test_no_more_than_eight_candidates_of_a_hundredth(self, engine: Engine) -> None:
        many = tuple(candidate(f"v{n}", 0.05) for n in range(9))
        assert len(self.record(engine, Posterior(many, 0.55, 0.0, {}))["candidates"]) == 8
        few = candidate("a", 0.01), candidate("b", 0.0099)
        found = self.record(engine, Posterior(few, 0.98, 0.0, {}))
        assert [each["visitor"] for each in found["candidates"]] == ["a"]

    def test_recalibrated_and_confirmed(self, engine: Engine) -> None:
        lower = Calibration(-1.0, 0.5)
        found = self.record(engine, CERTAIN, calibration=lower)
        assert found["calibration"] == [-1.0, 0.5]
        assert calibration_of(found) == lower
        assert calibration_of({}) == Calibration()
        with Session(engine) as session:
            word = verdict_record(session, judged(CERTAIN, word="dana"), Calibration())
        assert (word["confirmed"], word["p"]) == (True, 1.0)


class TestSnapshot:
    """Of a visitor whom Redis does not know."""

    def taken(self, stores: Stores, before: Snapshot, posterior: Posterior = CERTAIN) -> Snapshot:
        of_visit = judged(posterior, holder("dana", "1"))
        with Session(stores.engine) as session:
            return snapshot(session, stores.live, shop(stores), before, of_visit, Calibration())

    def test_the_copy_taken_before_stays(self, stores: Stores) -> None:
        add(stores.engine, lease(NOW, id="1", arrival=named("log")))
        kept = Snapshot("dana", {}, {"name": "Dana"}, named("first"), named("latest"))
        found = self.taken(stores, kept)
        assert replace(found, match={}) == kept
        assert found.match["visitor"] == "dana"

    @pytest.mark.parametrize(
        "before", [Snapshot("noa", touchpoint=named("hers")), Snapshot("dana")]
    )
    def test_else_the_lease_log_tells(self, stores: Stores, before: Snapshot) -> None:
        add(stores.engine, lease(NOW, id="1", arrival=named("log")))
        found = self.taken(stores, before)
        assert (found.visitor_id, found.touchpoint, found.info) == ("dana", named("log"), {})

    def test_of_nobody_no_copy(self, stores: Stores) -> None:
        before = Snapshot("dana", touchpoint=named("hers"))
        found = self.taken(stores, before, Posterior((), 1.0, 0.0, {}))
        assert (found.visitor_id, found.touchpoint) == (None, None)


class TestExplanation:
    POSTERIOR = Posterior(
        (
            candidate("dana", 0.55),
            *(candidate(f"v{n}", 0.04) for n in range(7)),
            candidate("few", 0.03),
        ),
        0.1,
        0.04,
        {},
    )

    def explained(self, stores: Stores, posterior: Posterior, **said: Any) -> Explanation:
        row = unknown_call(NOW)
        add(stores.engine, row)
        with Session(stores.engine) as session:
            verdicts.save(session, [(row.id, 1, judged(posterior))])
            session.flush()
            kept = session.get_one(VerdictRow, row.id)
            for name, value in said.items():
                setattr(kept, name, value)
            session.flush()
            found = explanation(session, stores.live, session.get_one(CallRow, row.id))
        assert found is not None
        return found

    def test_who_is_listed(self, stores: Stores) -> None:
        found = self.explained(stores, self.POSTERIOR)
        assert [each.visitor for each in found.people] == ["dana", *(f"v{n}" for n in range(7))]
        assert (found.verdict, found.nobody) == ("likely", 0.1)
        assert found.other == pytest.approx(0.07)
        assert found.caller is found.people[0]
        assert (found.word, found.applied, found.calibrated) == (None, True, False)
        assert (found.rules, found.version) == (3, 9)

    def test_after_a_word(self, stores: Stores) -> None:
        """Of whom the word is, the page tells even where they were all but impossible."""
        few = Posterior(
            (candidate("dana", 0.9), candidate("noa", 0.009), candidate("gal", 0.009)),
            0.08,
            0.002,
            {},
        )
        found = self.explained(stores, few, confirmed="noa")
        assert [each.visitor for each in found.people] == ["dana", "noa"]
        assert found.caller is found.people[1]
        assert (found.verdict, found.word, found.applied) == ("certain", "noa", False)
        assert found.people[0].p == 0.9
        nobody = self.explained(stores, few, confirmed="", heeded="")
        assert (nobody.caller, nobody.applied, nobody.verdict) == (None, True, "nobody")

    @pytest.mark.parametrize(("p", "named"), [(0.5, True), (0.49, False)])
    def test_a_caller_is_likely(self, p: float, named: bool) -> None:
        verdict = Posterior((candidate("dana", p),), 0.1, 0.9 - p, {}).verdict
        someone = Explanation(
            verdict, (Person("dana", p, ()),), 0.1, 0.9 - p, None, None, None, True, 1, 1, False
        )
        assert (someone.caller is not None) is named
        assert replace(someone, verdict="certain", people=()).caller is None

    def test_where_they_came_from(self, stores: Stores) -> None:
        """By the visit, else by the newest call that has a copy of them."""
        row = unknown_call(NOW)
        old, new = (
            call(
                NOW - n * MINUTE,
                visitor_id="dana",
                arrival=named(f"call {n}"),
                visitor_info={"n": n},
            )
            for n in (9, 3)
        )
        add(stores.engine, row, old, new, lease(NOW, id="1", visitor="noa", arrival=named("visit")))
        both = Posterior((candidate("dana", 0.5), candidate("noa", 0.4)), 0.1, 0.0, {})
        with Session(stores.engine) as session:
            verdicts.save(
                session, [(row.id, 1, judged(both, holder("noa", "0"), holder("noa", "1")))]
            )
            session.flush()
            found = explanation(session, stores.live, session.get_one(CallRow, row.id))
            assert explanation(session, stores.live, session.get_one(CallRow, old.id)) is None
        assert found is not None
        assert [(each.came and each.came.source, each.info) for each in found.people] == [
            ("call 3", {"n": 3}),
            ("visit", {}),
        ]


class TestRematching:
    @pytest.mark.parametrize(
        ("ps", "nobody", "moved"),
        [
            ({"dana": 0.6, "noa": 0.2}, 0.2, False),
            ({"dana": 0.6051, "noa": 0.2}, 0.2, True),
            ({"dana": 0.5951, "noa": 0.2}, 0.2, False),
            ({"dana": 0.6}, 0.2, True),
            ({"dana": 0.6, "noa": 0.2, "gal": 0.0051}, 0.2, True),
            ({"dana": 0.6, "noa": 0.2}, 0.2051, True),
            ({"dana": 0.6, "noa": 0.2}, 0.1949, True),
        ],
    )
    def test_what_moves(self, ps: dict[str, float], nobody: float, moved: bool) -> None:
        before = Posterior((candidate("dana", 0.6), candidate("noa", 0.2)), 0.2, 0.0, {})
        after = Posterior(tuple(candidate(name, p) for name, p in ps.items()), nobody, 0.0, {})
        assert rematching._moved(before, after) is moved

    @pytest.mark.parametrize(
        ("who", "p", "renames"),
        [("dana", 0.7, False), ("dana", 0.8, True), ("noa", 0.7, True), ("noa", 0.4, True)],
    )
    def test_what_renames(self, who: str, p: float, renames: bool) -> None:
        before = Posterior((candidate("dana", 0.7),), 0.1, 0.2, {})
        after = Posterior((candidate(who, p),), 0.1, 0.9 - p, {})
        assert Rematch(1, NOW, None, before, after, after).renames is renames
        unsure = [Posterior((candidate(name, 0.4),), 0.1, 0.5, {}) for name in ("dana", "noa")]
        assert not Rematch(1, NOW, None, unsure[0], unsure[1], unsure[1]).renames

    def test_page_by_page(
        self, app: Flask, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judged_calls(stores, 5, lost)
        since = datetime.now(UTC) - timedelta(days=9)
        found = []
        for at_once in (1, 2, 5, 200):
            monkeypatch.setattr(rematching, "AT_ONCE", at_once)
            found.append([one.call_pk for one in rematches(stores.engine, shop(stores), since)])
        assert found == [found[0]] * 4
        assert len(found[0]) == 5
        other = next(site for site in stores.directory.sites if site.name == "magazin")
        assert list(rematches(stores.engine, other, since)) == []

    def test_calls_still_going_on_stay(self, app: Flask, stores: Stores) -> None:
        judged_calls(stores, 1, lost)
        with Session(stores.engine) as session:
            session.scalars(select(VerdictRow)).one().lesson = None
            session.commit()
        assert list(rematches(stores.engine, shop(stores), NOW - timedelta(days=999))) == []
