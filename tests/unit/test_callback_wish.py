"""What a request may say, to the last sign, and in which words its state is told to visitors and to
operators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from leadtracker import money
from leadtracker.callback import request as callback_request
from leadtracker.callback import sweeps as callback_sweeps
from leadtracker.callback.request import Told, answer_of, read_wish
from leadtracker.callback_rules.agents import is_extension, order
from leadtracker.callback_rules.counting import PER_ACCOUNT, WITHOUT_SCRIPT, stricter
from leadtracker.callback_rules.course import ENDED, State
from leadtracker.callback_rules.form_token import LIFETIME_SECONDS, SKEW_SECONDS
from leadtracker.callback_rules.price import per_minute, reserve
from leadtracker.callback_rules.rules import LIMITS, Limits, Rules, rules_of
from leadtracker.callback_rules.table import read_options, read_table
from leadtracker.domain import Site
from leadtracker.errors import REFUSALS, BadRequest
from leadtracker.live import keys
from leadtracker.pbx.voicenter.dialing import VoicenterCalls
from leadtracker.web.dashboard.callback_words import (
    REFUSAL_WORDS,
    STATE_WORDS,
    TONES,
    callback_tone,
    callback_why,
    register,
)
from leadtracker.web.script.callback_words import WORDS
from tests.callback_road import callback_row

VISITOR = "visitor-of-16-signs"
THEN = datetime(2026, 9, 7, 6, tzinfo=UTC)


def message(**more: Any) -> dict[str, Any]:
    return {"id": "request-1", "visitor": VISITOR, "phone": "054-321-6549"} | more


def fault(origin: str = "page", /, **more: Any) -> str:
    with pytest.raises(BadRequest) as found:
        read_wish(message(**more), origin)
    return str(found.value)


class TestWish:
    def test_everything_is_read(self) -> None:
        wish = read_wish(
            message(
                name=" Dana ", note="a\0 kitchen", form="token", filled_ms=1200.5, website="spam"
            ),
            "page",
            page="https://shop.example.com",
            address="192.0.2.1",
        )
        assert (wish.id, wish.origin, wish.visitor, wish.phone) == (
            "request-1",
            "page",
            VISITOR,
            "054-321-6549",
        )
        assert (wish.name, wish.note, wish.form, wish.honeypot) == (
            "Dana",
            "a kitchen",
            "token",
            "spam",
        )
        assert (wish.page, wish.address, wish.filled_ms) == (
            "https://shop.example.com",
            "192.0.2.1",
            1200.5,
        )

    def test_what_is_not_said_is_empty(self) -> None:
        wish = read_wish({"id": "request-1", "name": None}, "api")
        assert (wish.visitor, wish.phone, wish.name, wish.note, wish.form, wish.filled_ms) == (
            "",
            "",
            "",
            "",
            "",
            None,
        )

    @pytest.mark.parametrize(
        ("key", "longest"),
        [("phone", 64), ("name", 100), ("note", 500), ("form", 1000), ("website", 100)],
    )
    def test_texts_are_cut(self, key: str, longest: int) -> None:
        wish = read_wish(message(**{key: "x" * 2000}), "page")
        assert len(getattr(wish, {"website": "honeypot"}.get(key, key))) == longest

    @pytest.mark.parametrize("length", [8, 64])
    def test_ids_that_are_just_right(self, length: int) -> None:
        assert read_wish(message(id="x" * length), "page").id == "x" * length
        assert read_wish(message(id="aZ9_.:-x"), "page").id == "aZ9_.:-x"

    @pytest.mark.parametrize(
        "wrong", ["x" * 7, "x" * 65, "request-1\n", "request 1", "request/1", None, 12345678, ""]
    )
    def test_ids_that_are_none(self, wrong: Any) -> None:
        assert fault(id=wrong).startswith("id must be 8 to 64")

    @pytest.mark.parametrize("origin", ["page", "form"])
    def test_a_page_must_name_its_visitor(self, origin: str) -> None:
        assert fault(origin, visitor="").startswith("visitor must be")
        assert fault(origin, visitor="short").startswith("visitor must be")

    def test_a_program_may_name_one(self) -> None:
        assert read_wish(message(), "api").visitor == VISITOR
        assert fault("api", visitor="short").startswith("visitor must be")

    @pytest.mark.parametrize("wrong", ["1200", True, False, [], {}])
    def test_times_that_are_none(self, wrong: Any) -> None:
        assert fault(filled_ms=wrong) == "filled_ms must be milliseconds"

    @pytest.mark.parametrize("key", ["phone", "name", "note", "form", "website"])
    def test_texts_that_are_none(self, key: str) -> None:
        assert fault(**{key: 7}) == f"{key} must be text"


class TestTold:
    @pytest.mark.parametrize("state", State)
    def test_only_who_waits_is_told_when(self, state: State) -> None:
        said = answer_of(callback_row(1, state=state, due_at=THEN))
        assert (said.id, said.state) == ("request-1", state)
        assert said.opens == (THEN if state is State.SCHEDULED else None)

    def test_as_json(self) -> None:
        said = Told("request-1", State.AGENT_ANSWERED, opens=THEN, code="secret")
        assert said.as_json() == {
            "id": "request-1",
            "state": "agent_answered",
            "words": "",
            "opens": "2026-09-07T06:00:00Z",
        }
        assert Told("request-1", State.REFUSED, "often").as_json()["opens"] is None


class TestWords:
    @pytest.mark.parametrize("language", WORDS)
    def test_visitors_are_told_of_every_state_and_refusal(self, language: str) -> None:
        words = WORDS[language]
        assert words.keys() == WORDS["en"].keys()
        assert set(REFUSALS.values()) <= words.keys()
        unsaid = {state for state in State if state not in words}
        assert unsaid == {
            State.REFUSED,
            State.UNKNOWN,
        }  # told by the refusal's word; like what was sent

    def test_operators_are_told_of_every_state_and_refusal(self) -> None:
        assert set(STATE_WORDS) == set(State)
        assert REFUSAL_WORDS.keys() == REFUSALS.keys()

    def test_tones(self) -> None:
        quiet = {state for state in State if callback_tone(callback_row(1, state=state)) == "quiet"}
        assert quiet == {State.RECEIVED, State.UNKNOWN, State.CANCELED} == set(State) - set(TONES)
        assert callback_tone(callback_row(1, state="talked")) == "good"

    @pytest.mark.parametrize(
        ("state", "code", "words"),
        [
            ("refused", "blocked", "On the blacklist"),
            ("failed", "blocked", "The number or the extension is blocked"),
            ("uncertain", "no answer", "The PBX’s answer was lost: it may have rung"),
            ("failed", "agent: busy", "The agent was busy"),
            ("failed", "a word of tomorrow", "a word of tomorrow"),
            ("talked", "", ""),
        ],
    )
    def test_why(self, state: str, code: str, words: str) -> None:
        assert callback_why(callback_row(1, state=state, code=code)) == words

    @pytest.mark.parametrize(
        ("amount", "text"), [(0, "0.00"), (5, "0.05"), (1250, "12.50"), (123456789, "1,234,567.89")]
    )
    def test_money(self, amount: int, text: str) -> None:
        assert money.as_text(amount, "ILS") == f"{text} ILS"

    def test_templates_have_them(self) -> None:
        app = Flask(__name__)
        register(app)
        assert {
            "callback_state",
            "callback_tone",
            "callback_why",
            "money",
        } <= app.jinja_env.filters.keys()


class TestRules:
    def test_what_is_so_without_a_word(self) -> None:
        """As docs/callback.md says."""
        rules = rules_of(Site(id=1, name="shop", tokens=(), origins=(), default_number=None))
        assert (rules.agents, rules.on, rules.choose, rules.hours, rules.holidays) == (
            (),
            False,
            "in order",
            {},
            (),
        )
        assert (rules.per_number, rules.per_visitor) == (Limits(1, 3, 5), Limits(2, 5, 8))
        assert (rules.per_address, rules.per_site) == (Limits(3, 10, 20), Limits(20, 200, 1000))
        assert (rules.ceiling, rules.agent_price, rules.max_seconds, rules.fill_seconds) == (
            5000,
            0,
            1800,
            2.0,
        )
        assert (Limits(60, 600, 5000), Limits(1, 2, 3)) == (PER_ACCOUNT, WITHOUT_SCRIPT)

    def test_every_limit_of_a_site_is_its_own(self) -> None:
        given = {
            name: {"minute": n, "hour": n + 10, "day": n + 20} for n, name in enumerate(LIMITS)
        }
        rules = rules_of(
            Site(id=1, name="shop", tokens=(), origins=(), default_number=None, callback=given)
        )
        assert [getattr(rules, name) for name in LIMITS] == [
            Limits(n, n + 10, n + 20) for n in range(4)
        ]

    @pytest.mark.parametrize(
        ("one", "other", "both"),
        [
            (Limits(3, 10, 20), Limits(1, 2, 3), Limits(1, 2, 3)),
            (Limits(0, 10, 1), Limits(1, 2, 3), Limits(0, 2, 1)),
            (Limits(3, 1, 20), Limits(1, 2, 3), Limits(1, 1, 3)),
        ],
    )
    def test_the_stricter_limits(self, one: Limits, other: Limits, both: Limits) -> None:
        assert stricter(one, other) == stricter(other, one) == both

    def test_times_that_hang_together(self) -> None:
        """A spent token is remembered longer than it is good;
        whoever waits for the PBX waits less than its sweep."""
        assert (LIFETIME_SECONDS, SKEW_SECONDS) == (1800, 60)
        assert keys.TOKEN_SECONDS > LIFETIME_SECONDS + 2 * SKEW_SECONDS
        lost, left_lying = (
            callback_sweeps.LOST.total_seconds(),
            callback_sweeps.LEFT_LYING.total_seconds(),
        )
        assert (
            12 + 10 < lost < callback_sweeps.WITHOUT_END.total_seconds()
        )  # the last try and its answer
        assert 0 < left_lying < callback_request.ANSWER_SECONDS < lost
        assert lost < callback_sweeps.RELEASE_SECONDS

    def test_states_that_end(self) -> None:
        assert {"refused", "unknown", "cancelled", "failed", "talked"} == ENDED


class TestAgents:
    @pytest.mark.parametrize(
        ("agent", "named"),
        [
            ("SIPSIP", True),
            ("login:12", False),
            ("Login", True),
            ("0501234567", True),
        ],
    )
    def test_which_a_list_of_extensions_names(self, agent: str, named: bool) -> None:
        assert is_extension(agent) is named

    @pytest.mark.parametrize(
        ("turn", "free", "agents"),
        [
            (0, {"A"}, ("A", "SIPTRUNK", "login:7")),
            (2, {"A", "B"}, ("B", "A", "login:7", "SIPTRUNK")),
        ],
    )
    def test_whom_no_list_names_comes_last(
        self, turn: int, free: set[str], agents: tuple[str, ...]
    ) -> None:
        rules = Rules(agents=("SIPTRUNK", "A", "B", "login:7"), choose="free")
        assert order(rules, turn, free, VoicenterCalls().lists) == agents


class TestPrices:
    def test_one_digit_after_the_plus_is_a_prefix(self) -> None:
        assert per_minute(Rules(currency="EUR", prices={"+1": 7}), "+12025551234") == 7
        assert per_minute(Rules(currency="EUR", prices={"+": 7}), "+12025551234") is None

    @pytest.mark.parametrize(
        ("seconds", "most"),
        [
            (30, 1 * 15 + 3 * 2),  # 150 s of ringing and talk: three started minutes of the agent's
            (60, 1 * 15 + 3 * 2),
            (61, 2 * 15 + 4 * 2),
            (120, 2 * 15 + 4 * 2),
            (7200, 120 * 15 + 122 * 2),
        ],
    )
    def test_each_started_minute_is_held(self, seconds: int, most: int) -> None:
        assert reserve(Rules(max_seconds=seconds, agent_price=2), "+972522345678") == most


EDGES = [  # what is just right, what is just wrong
    ("max_seconds", [30, 7200], [29, 7201]),
    ("ceiling", [0, 10**9], [-1, 10**9 + 1]),
    ("agent_price", [0, 10**9], [-1, 10**9 + 1]),
    ("fill_seconds", [0, 0.5, 60], [-0.1, 60.1, True, "2"]),
    (
        "per_number",
        [dict.fromkeys(("minute", "hour", "day"), n) for n in (0, 100_000)],
        [dict.fromkeys(("minute", "hour", "day"), n) for n in (-1, 100_001)],
    ),
    (
        "prices",
        [{"+1": 0}, {"+" + "9" * 15: 10**9}],
        [{"+" + "9" * 16: 1}, {"+0": 1}, {"+1": 10**9 + 1}, {"+1": True}],
    ),
    (
        "agents",
        [["login:" + "x" * 32], ["x" * 32], ["+972_x-1"], []],
        [["login:" + "x" * 33], ["x" * 33], ["a b"]],
    ),
    (
        "hours",
        [{}, {"sun": [], "mon": ["00:00-24:00"]}],
        [{"sun": [], "mon": []}, {"sun": ["09:00-09:00"]}],
    ),
    (
        "dial",
        [{"record": True, "x": 1, "y": "z"}],
        [{"x": 1.5}],
    ),
    ("choose", ["in order", "round robin", "free"], ["", "Free"]),
    ("campaign", ["", "12"], [12]),
]


@pytest.mark.parametrize(("key", "right", "wrong"), EDGES)
def test_the_edges_of_a_sites_table(key: str, right: list[Any], wrong: list[Any]) -> None:
    for value in right:
        assert read_table("site shop", {key: value}, "IL", "ILS")[1] == [], value
    for value in wrong:
        faults = read_table("site shop", {key: value}, "IL", "ILS")[1]
        assert len([one for one in faults if one.startswith(f"site shop: callback.{key} ")]) >= 1, (
            value
        )


def test_what_is_kept_of_a_table_and_of_options() -> None:
    table = {"agents": ["A"], "blocked": ["052-234-5678"]}
    kept, faults = read_table("site shop", table, "IL", "ILS")
    assert (kept, faults) == ({"agents": ["A"], "blocked": ["+972522345678"]}, [])
    options = {
        "code": "x",
        "blocked": ["052-234-5678"],
        "callback_limits": {"minute": 1, "hour": 2, "day": 3},
    }
    assert read_options("account pbx", options, "IL") == (
        options | {"blocked": ["+972522345678"]},
        [],
    )
    assert table["blocked"] == ["052-234-5678"]


@pytest.mark.parametrize(
    ("table", "needed"),
    [
        ({"agents": ["A"]}, True),
        ({"agents": ["A"], "prices": {}}, True),
        ({"agents": ["A"], "prices": {"+40": 1}}, False),
        ({"agents": []}, False),
        ({}, False),
    ],
)
def test_prices_are_needed_in_another_currency(table: dict[str, Any], needed: bool) -> None:
    assert bool(read_table("site shop", table, "RO", "EUR")[1]) is needed
    assert read_table("site shop", table, "RO", "ILS")[1] == []
