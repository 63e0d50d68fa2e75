"""What only a page told of a phone: it fills what is left open, and never makes anybody certain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadtracker.matching import reasons
from leadtracker.matching.claims import with_claims, worth
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.matching import match, tap_trust
from leadtracker.matching.page_state import DAY, HOUR
from leadtracker.matching.posterior import CERTAIN, LIKELY, Posterior
from tests.unit.test_matching import VIEW, call, closed, holder, p

FORGED = {"mallory": 0.5}


def said(evidence: Evidence) -> Posterior:
    return with_claims(match(evidence, VIEW), evidence)


def whole(posterior: Posterior) -> float:
    return sum(each.p for each in posterior.candidates) + posterior.nobody + posterior.other


@pytest.mark.parametrize(
    "evidence",
    [
        call(elsewhere=(holder("mallory"),), claims=FORGED),
        call(closed("mallory", DAY), claims=FORGED),
        call(closed("mallory", 3 * HOUR), closed("dana", HOUR), claims=FORGED),
        call(did=None, elsewhere=(holder("mallory"),), claims=FORGED),
    ],
)
def test_a_claim_alone_makes_nobody_certain(evidence: Evidence) -> None:
    before, after = p(match(evidence, VIEW), "mallory"), p(said(evidence), "mallory")
    assert before < after < CERTAIN
    assert whole(said(evidence)) == pytest.approx(1.0)


def test_a_claim_helps_to_find_who_called_days_later() -> None:
    evidence = call(closed("dana", 2 * DAY), closed("noa", 2 * DAY), claims={"dana": 0.5})
    assert p(match(evidence, VIEW)) < LIKELY < p(said(evidence))
    assert said(evidence).candidates[0].reasons[0] == reasons.TOLD_BY_PAGE


@pytest.mark.parametrize("claims", [FORGED, {f"m{n}": 0.5 for n in range(8)}])
def test_a_claim_takes_nothing_from_who_is_certain(claims: dict[str, float]) -> None:
    evidence = call(
        holder("dana", level=3),
        elsewhere=tuple(holder(visitor) for visitor in claims),
        claims=claims,
    )
    assert p(match(evidence, VIEW)) >= CERTAIN
    assert said(evidence) == match(evidence, VIEW)


def test_a_claim_weighs_no_more_than_an_open_page_with_a_tap() -> None:
    tapped = [holder(visitor, tapped=40.0) for visitor in ("dana", "noa")]
    evidence = call(*tapped, holder("mallory"), claims=FORGED)
    assert p(said(evidence), "mallory") <= p(said(evidence), "dana") * (1 + 1e-9)


def test_a_claim_is_worth_less_the_more_there_are() -> None:
    assert worth(1, 1, 1) == 0.5
    for more in ((2, 1, 1), (1, 2, 1), (1, 1, 2)):
        assert worth(*more) == 0.25


def test_a_claim_teaches_nothing() -> None:
    """Lessons and memories are made of the match, and the match knows no claims."""
    evidence = call(closed("mallory", DAY), claims=FORGED)
    assert match(evidence, VIEW) == match(replace(evidence, claims={}), VIEW)


def test_evidence_of_an_older_version_does_not_tell_a_proof_from_a_claim() -> None:
    kept = call(knowers=frozenset({"dana"})).to_json()
    for name in ("claims", "signed"):
        del kept[name]
    read = Evidence.from_json(kept)
    assert (read.knowers, read.claims) == (frozenset(), {"dana": 0.5})


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ({"knowers": frozenset({"dana"})}, reasons.KNOWN_PHONE),
        ({"knowers": frozenset({"dana"}), "signed": frozenset({"dana"})}, reasons.SIGNED_PHONE),
        ({"claims": {"dana": 0.5}}, reasons.TOLD_BY_PAGE),
    ],
)
def test_the_words_say_who_proved_it(proof: dict[str, frozenset[str]], words: str) -> None:
    evidence = call(closed("dana", DAY), **proof)
    assert said(evidence).candidates[0].reasons[0] == words


def tapped_default(true_level: int, faked: int, crowd: int, faked_level: int = 0) -> float:
    fakes = [holder(f"m{n}", tapped=5.0, level=faked_level, crowd=crowd) for n in range(faked)]
    return p(match(call(holder("dana", tapped=5.0, level=true_level), *fakes, did=None), VIEW))


@pytest.mark.parametrize("faked", [2, 20, 100])
def test_taps_of_one_network_count_less_the_more_there_are(faked: int) -> None:
    alone = tapped_default(1, 0, 1)
    assert alone > 0.99
    assert tapped_default(1, faked, faked) > alone - 0.05
    assert tapped_default(1, faked, faked, faked_level=1) > alone / (1 + 1 / faked) - 0.01


def test_a_hasty_tap_counts_in_full_until_somebody_who_looked_around_taps_too() -> None:
    hasty = holder("dana", tapped=5.0, level=0)
    assert tap_trust(hasty, call(hasty, did=None)) == 1.0
    assert tap_trust(hasty, call(hasty, holder("noa", tapped=5.0), did=None)) == 0.05
