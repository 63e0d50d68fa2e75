"""Which callback requests a sweep finds, in SQL: on both databases,
at the edge of each moment and in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback_rules.course import State
from leadtracker.records import callbacks
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow
from tests.callback_road import callback_row, long
from tests.conftest import SITE
from tests.dashboard_rows import NOW, call

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
UNDER_WAY = {State.DIALING, State.AGENT_ANSWERED, State.VISITOR_ANSWERED}


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
        yield session


def store(session: Session, *rows: CallbackRow) -> None:
    session.add_all(rows)
    session.commit()


def ids(rows: Sequence[CallbackRow]) -> list[int]:
    """The numbers that `callback_row` made the ids of."""
    return [int(row.id.rpartition("-")[2]) for row in rows]


def every_state(**more: object) -> dict[State, CallbackRow]:
    return {state: callback_row(number, state=state, **more) for number, state in enumerate(State)}


def states(rows: Sequence[CallbackRow]) -> set[State]:
    return {State(row.state) for row in rows}


def test_what_is_due(session: Session) -> None:
    def scheduled(number: int, due_at: datetime, **more: object) -> CallbackRow:
        return callback_row(number, state="scheduled", due_at=due_at, made_at=NOW - MINUTE, **more)

    store(
        session,
        scheduled(1, NOW - SECOND),
        scheduled(2, NOW),
        scheduled(3, NOW + SECOND),
        scheduled(4, NOW, campaign="1234"),
        callback_row(5, state="received", made_at=NOW - 2 * SECOND),
        callback_row(6, state="received", made_at=NOW - SECOND),
        callback_row(7, state="received", made_at=NOW - MINUTE, campaign="1234"),
    )
    assert ids(callbacks.due(session, NOW, 2 * SECOND)) == [1, 2, 5, 7]


LOOKED_FOR: list[tuple[Callable[[Session], Sequence[CallbackRow]], set[State]]] = [
    (lambda session: callbacks.due(session, NOW, SECOND), {State.SCHEDULED, State.RECEIVED}),
    (lambda session: callbacks.unanswered(session, NOW), {State.DIALING}),
    (lambda session: callbacks.without_end(session, NOW), UNDER_WAY),
    (callbacks.unsettled, set(State)),
]


def test_the_states_that_are_looked_for(session: Session) -> None:
    past = NOW - MINUTE
    store(session, *every_state(due_at=past, made_at=past, dialled_at=past, settled=False).values())
    for find, found in LOOKED_FOR:
        assert states(find(session)) == found


def test_what_is_handed_over(session: Session) -> None:
    rows = every_state(campaign="1234", due_at=NOW - SECOND)
    edge = [
        callback_row(21, state="scheduled", campaign="1234", due_at=NOW),
        callback_row(22, state="scheduled", campaign="", due_at=NOW - SECOND),
    ]
    store(session, *rows.values(), *edge)
    assert states(callbacks.handed_over(session, NOW)) == {State.SCHEDULED}
    assert len(callbacks.handed_over(session, NOW)) == 1


def test_the_edge_of_what_was_dialed_before(session: Session) -> None:
    store(
        session,
        callback_row(1, state="dialling", dialled_at=NOW - SECOND),
        callback_row(2, state="dialling", dialled_at=NOW),
        callback_row(3, state="dialling", dialled_at=NOW - SECOND, answered_at=NOW - SECOND),
    )
    assert ids(callbacks.unanswered(session, NOW)) == [1]
    assert ids(callbacks.without_end(session, NOW)) == [1, 3]


def test_the_edge_of_what_is_unsettled(session: Session) -> None:
    store(
        session,
        callback_row(1, spent=0, settled=False),
        callback_row(2, spent=12, settled=False),
        callback_row(3, spent=None, settled=False),
        callback_row(4, spent=12, settled=True),
        callback_row(5, spent=12, settled=False, day=""),
    )
    assert ids(callbacks.unsettled(session)) == [1, 2]


def test_a_sweep_takes_the_oldest_and_not_all(session: Session) -> None:
    store(
        session,
        *(
            callback_row(number, spent=1, settled=False)
            for number in range(callbacks.MOST_AT_ONCE + 5)
        ),
    )
    assert ids(callbacks.unsettled(session)) == list(range(callbacks.MOST_AT_ONCE))


def test_the_money_of_a_day(session: Session) -> None:
    store(
        session,
        callback_row(1, day="2026-09-06", reserved=450, spent=None),
        callback_row(2, day="2026-09-06", reserved=450, spent=12),
        callback_row(3, day="2026-09-06", reserved=450, spent=0, settled=False),
        callback_row(4, day="2026-09-07", reserved=450, spent=None),
        callback_row(5, day="2026-09-06", reserved=450, spent=None, site_id=2),
        callback_row(6, day="2026-09-06", reserved=450, spent=None, state="refused"),
    )
    assert callbacks.money(session, 1, "2026-09-06") == (
        {"request-1": 450},
        {"request-2": 12, "request-3": 0},
    )
    assert callbacks.money(session, 2, "2026-09-06") == ({"request-5": 450}, {})
    assert callbacks.money(session, 1, "2026-09-08") == ({}, {})


def test_what_is_written(session: Session) -> None:
    store(session, callback_row(1), callback_row(2, state="refused"), callback_row(3, site_id=2))
    asked = [f"request-{number}" for number in (1, 2, 3, 4)]
    assert callbacks.written(session, 1, asked) == {"request-1"}
    assert callbacks.written(session, 1, []) == frozenset()


def test_how_many_are_under_way(session: Session) -> None:
    store(session, *every_state(dialled_at=NOW + SECOND).values())
    assert callbacks.under_way(session, 1, NOW) == len(UNDER_WAY)
    assert callbacks.under_way(session, 1, NOW + SECOND) == 0
    assert callbacks.under_way(session, 2, NOW) == 0


def test_a_claim_is_had_once_and_only_of_the_state_it_was_found_in(session: Session) -> None:
    store(session, callback_row(1, state="scheduled"), callback_row(2, state="scheduled"))
    assert not callbacks.claim(session, 1, State.RECEIVED, NOW)
    assert [callbacks.claim(session, 1, State.SCHEDULED, NOW) for _ in range(2)] == [True, False]
    first, second = (session.get_one(CallbackRow, pk) for pk in (1, 2))
    assert (first.state, first.dialled_at) == ("dialling", NOW)
    assert (second.state, second.dialled_at) == ("scheduled", None)


def test_only_what_waits_is_taken_back(session: Session) -> None:
    rows = every_state(spent=None)
    store(session, *rows.values())
    assert [state for state, row in rows.items() if callbacks.cancel(session, row.pk, NOW)] == [
        State.SCHEDULED
    ]
    session.commit()
    for state, row in rows.items():
        wanted = ("cancelled", 0, NOW) if state is State.SCHEDULED else (state, None, None)
        assert (row.state, row.spent, row.ended_at) == wanted


def test_an_id_is_taken_once_for_each_site_unless_it_was_refused(session: Session) -> None:
    assert callbacks.taken(session, 1, "request-1") is None
    assert callbacks.add(session, callback_row(1, state="refused"))
    assert callbacks.taken(session, 1, "request-1") is None
    assert callbacks.add(session, callback_row(1))
    assert not callbacks.add(session, callback_row(1, state="received"))
    assert callbacks.add(session, callback_row(1, site_id=2))
    found = callbacks.taken(session, 1, "request-1")
    assert found is not None
    assert (found.site_id, found.state) == (1, "talked")


def test_what_a_visitor_asked_for(session: Session) -> None:
    store(
        session,
        callback_row(1, state="talked"),
        callback_row(1, state="refused", visitor=long("dana")),
    )
    newest = callbacks.of_visitor(session, "request-1", long("dana"))
    assert newest is not None
    assert newest.state == "refused"
    assert callbacks.of_visitor(session, "request-1", long("noa")) is None
    assert callbacks.of_visitor(session, "request-2", long("dana")) is None


OF_CALL: list[tuple[int, str, str | None, str | None]] = [  # account, named, call -> the request
    (1, "1-request-1", None, "request-1"),
    (1, "1-request-1", "call-2", "request-1"),  # what is named counts
    (1, "", "call-2", "request-2"),
    (1, "", "call-9", None),
    (1, "", None, None),
    (1, "", "", None),
    (1, "1-request-9", "call-2", None),
    (1, "2-request-1", None, None),  # of another site
    (2, "1-request-1", None, None),  # of another account
    (2, "", "call-2", None),
    (1, "x-request-1", None, None),
    (1, "request-1", None, None),
    (1, "0000000001-request-1", None, None),
    (1, "000000001-request-1", None, "request-1"),
]


def test_the_request_of_a_call(session: Session) -> None:
    store(
        session,
        callback_row(1, call_id="call-1"),
        callback_row(2, call_id="call-2"),
        callback_row(3, call_id=""),
    )
    for account, named, call_id, wanted in OF_CALL:
        row = callbacks.of_call(session, account, named, call_id)
        assert (row.id if row else None) == wanted, (account, named, call_id)


def test_calls_that_are_to_be_linked(session: Session) -> None:
    calls = [call(call_id=f"call-{number}") for number in range(6)] + [
        call(call_id="call-6", named=False)
    ]
    session.add_all([*calls, call(call_id="call-5", account_id=2)])
    session.flush()
    linked: dict[int, dict[str, object]] = {
        0: {},
        1: {"call_pk": calls[1].id},
        2: {"dialled_at": NOW},
        3: {"dialled_at": NOW - SECOND},
        5: {"account_id": 2},
        6: {},
    }
    store(
        session,
        *(
            callback_row(
                number, **({"call_id": f"call-{number}", "dialled_at": NOW + SECOND} | more)
            )
            for number, more in linked.items()
        ),
    )
    of_two = session.query(CallRow.id).where(CallRow.account_id == 2).scalar()
    assert set(callbacks.calls_to_link(session, NOW)) == {calls[0].id, of_two}


def test_old_refusals_are_forgotten_and_nothing_else(session: Session) -> None:
    store(
        session,
        callback_row(1, state="refused", made_at=NOW - SECOND),
        callback_row(2, state="refused", made_at=NOW),
        callback_row(3, state="failed", made_at=NOW - SECOND),
    )
    callbacks.forget_refused(session, NOW)
    session.commit()
    assert ids(session.query(CallbackRow).order_by(CallbackRow.pk).all()) == [2, 3]
