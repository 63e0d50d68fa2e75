"""The page of one call: all that is known of it, and nothing that its sender smuggled in."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine

from leadtracker.records.tables import CallRow
from tests.dashboard_rows import NOW, add, call, lease, leg, notification, touchpoint, unknown_call

EARLIER = NOW - timedelta(days=3)


def page(client: FlaskClient, call_pk: int) -> str:
    answer = client.get(f"/calls/{call_pk}")
    assert answer.status_code == 200
    return answer.text


FIRST = touchpoint(
    NOW - timedelta(days=9),
    source="facebook",
    channel="paid social",
    campaign="מבצע",
    term="דירה",
)
LAST = touchpoint(
    NOW - timedelta(minutes=5),
    landing_page="/%D7%93",
    url="https://shop.example.com/%D7%93?utm_source=google",
)
MATCH = {
    "how": "tapped",
    "said": "The visitor tapped the number 6 s before the call.",
    "lease": "l1",
    "lease_start": (NOW - timedelta(minutes=5)).isoformat(),
    "tapped": (NOW - timedelta(seconds=6)).isoformat(),
    "left": None,
}
IVR = [
    {"order": 1, "layer_name": "שלום", "digits": "3"},
    {"order": 2, "layer_id": 77, "digits": "0"},
]
SUMMARY = {
    "insights": {"summary": "היא ביקשה מחיר"},
    "transcript": [{"speaker": "נועה", "text": "היי"}],
}
SAID_OF_THE_CALL = (
    '<h1 dir="auto">דנה</h1>',
    "נדל״ן",
    "054-321-6549",
    "First call from this number",
    "6 s before the call",
    "facebook · paid social · מבצע",
    "Mon 9 Nov, 14:00:00",
    "bing · paid search",
    "Visit before the call",
    "Tapped the number",
    "Wed 18 Nov, 13:59:54",
    "1:15",
    "מכירות",
    "שלום",
    "<kbd>3</kbd>",
    "היא ביקשה מחיר",
    "היי",
    "3 times",
    'href="https://pbx.example/1.mp3" rel="noopener noreferrer"',
    "SIP12",
    "rooms",
    "<bdi>ד</bdi>",
)


def known_call(engine: Engine) -> CallRow:
    """A call with everything that may be known of one."""
    row = call(
        NOW,
        arrival=LAST,
        first_touchpoint=FIRST,
        match=MATCH,
        lease_id="l1",
        answered_at=NOW + timedelta(seconds=8),
        visitor_info={"name": "דנה", "company": "נדל״ן", "rooms": 4},
        queue="מכירות",
        wait_seconds=75,
        recording_url="https://pbx.example/1.mp3",
        status="ANSWER",
        caller="+972543216549",
    )
    add(engine, row)
    queue = {"queue": "מכירות", "extension": "SIP12"}
    rang = NOW + timedelta(seconds=8)
    bing, late = touchpoint(EARLIER, source="bing"), touchpoint(NOW, source="too-late")
    add(
        engine,
        leg(row.id, NOW, type="Queue", status="ANSWER", record=queue),
        leg(row.id, rang, type="Incoming Call", record={"ivr": IVR, "ai": SUMMARY}),
        notification(row.id, '{"caller":"0543216549","name":"דנה"}'.encode(), copies=3),
        lease(EARLIER, visitor=row.visitor_id, arrival=bing),
        lease(NOW + timedelta(days=1), visitor=row.visitor_id, arrival=late),
    )
    return row


def test_all_that_is_known(dashboard: FlaskClient, engine: Engine) -> None:
    row = known_call(engine)
    text = page(dashboard, row.id)
    for words in (*SAID_OF_THE_CALL, f'href="/visitors/{row.visitor_id}"'):
        assert words in text, words
    assert "too-late" not in text
    assert (
        text.index("facebook · paid social")
        < text.index("bing · paid search")
        < text.index("Visit before the call")
    )
    assert text.index(">Queue<") < text.index(">Incoming Call<")


def test_a_caller_whom_nobody_knows(dashboard: FlaskClient, engine: Engine) -> None:
    row = unknown_call(NOW)
    hidden = unknown_call(NOW, caller=None)
    outgoing = unknown_call(NOW, direction="outgoing")
    add(engine, row, hidden, outgoing)
    text = page(dashboard, row.id)
    assert "Nobody we know." in text
    assert "No visit is known for this call." in text
    assert 'href="/callers/+972543216549"' in text
    assert "record comes after the call has ended" in text
    assert "Number withheld" in page(dashboard, hidden.id)
    assert "An outgoing call: not matched" in page(dashboard, outgoing.id)


def test_a_call_that_rings(dashboard: FlaskClient, engine: Engine) -> None:
    row = call(NOW, phase="ringing", outcome="unknown", talk_seconds=0)
    add(engine, row)
    assert '<span class="badge live">Ringing</span>' in page(dashboard, row.id)


def test_secrets_of_the_account_are_not_shown(dashboard: FlaskClient, engine: Engine) -> None:
    row = call(NOW)
    add(engine, row)
    add(
        engine,
        notification(
            row.id,
            b"token=abc123&telephone=1&x=secret-of-the-pbx-account",
            query="phone=1&token=t0k3n",
        ),
        notification(row.id, b"\xff\x00broken", fault="cannot be read <b>", state="broken"),
    )
    text = page(dashboard, row.id)
    for secret in ("abc123", "t0k3n", "secret-of-the-pbx-account"):
        assert secret not in text
    assert "telephone=1" in text
    assert "not understood" in text
    assert "cannot be read &lt;b&gt;" in text


def test_there_is_no_such_call(dashboard: FlaskClient) -> None:
    for path in ("/calls/1", "/calls/99999999999999999999", "/calls/-1", "/calls/x"):
        answer = dashboard.get(path)
        assert answer.status_code == 404, path
        assert "Go to the calls" in answer.text
