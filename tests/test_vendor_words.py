"""No vendor is named outside its folder: another vendor must need no change there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from leadtracker.pbx import VENDORS

ROOT = Path(__file__).parent.parent
PLACES = ("leadtracker", "static/tracker", "static/dashboard")
KINDS = {".py", ".html", ".js", ".ts", ".json", ".css", ".lua", ".toml", ".svg"}
# The list of vendors, and the demo, which plays a shop at each of them.
MAY_NAME_ALL = ("leadtracker/pbx/__init__.py", "leadtracker/demo/")
# In small letters, beside the name: fields, values and services that only this vendor has.
WORDS = {
    "voicenter": (
        "siptrunk",
        "click2call",
        "ivruniqueid",
        "ivrid",
        "extenuser",
        "phonelogincode",
        "callerphone",
        "customdata",
        "aidata",
        "dtmf_order",
        "lowercase_answer",
        "clientname",
        "cpanel",
        "options.code",
        'options["code"]',
        'options.get("code")',
        "did_trace_worker",
        "vc_did_tracker",
        "ifiaikfdhcagbagdeflffjdammidpbio",
    ),
    "while1": (
        "caller-data",
        "caller_data",
        "dnid",
        "backend_link",
        "direct_line",
        "queue_answer",
        "queue_hold_time",
        "outgoing_end",
        "missed_calls",
    ),
}
SAME_SCRIPT = "Leadtracker's script stands in for Voicenter's, so pages load it under that name"
EXCEPTIONS = {
    ("leadtracker/web/script/number_request.py", "voicenter"): SAME_SCRIPT,
    ("leadtracker/web/script/number_request.py", "did_trace_worker"): SAME_SCRIPT,
    ("leadtracker/running/doctor.py", "did_trace_worker"): SAME_SCRIPT,
    ("static/tracker/main.js", "voicenter"): SAME_SCRIPT,
    ("static/tracker/main.js", "vc_did_tracker"): SAME_SCRIPT,
    ("static/tracker/page.d.ts", "vc_did_tracker"): SAME_SCRIPT,
    ("leadtracker/settings.py", "ifiaikfdhcagbagdeflffjdammidpbio"): (
        "the default of a setting that operators know: the Chrome extension that sends screen pops"
    ),
}


class Named(NamedTuple):
    file: str
    word: str


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """Each file's path and its text in small letters."""
    for place in PLACES:
        for file in sorted((root / place).rglob("*")):
            if file.suffix in KINDS and "node_modules" not in file.parts:
                yield str(file.relative_to(root)), file.read_text().lower()


def vendor_words(root: Path) -> set[Named]:
    """Every word of a vendor that stands where it must not."""
    return {
        Named(path, word)
        for path, text in _files(root)
        for vendor, words in WORDS.items()
        if not path.startswith((*MAY_NAME_ALL, f"leadtracker/pbx/{vendor}/"))
        for word in (vendor, *words)
        if word in text
    }


def test_every_vendor_has_its_words() -> None:
    assert set(WORDS) == set(VENDORS)


def test_no_vendor_is_named_outside_its_folder() -> None:
    assert sorted(vendor_words(ROOT) - set(EXCEPTIONS)) == []


def test_every_exception_is_still_needed() -> None:
    assert sorted(set(EXCEPTIONS) - vendor_words(ROOT)) == []


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        ("leadtracker/calls/reading.py", 'call_id = fields["ivruniqueid"]', "ivruniqueid"),
        ("leadtracker/web/templates/call.html", "<p>Sent by Voicenter</p>", "voicenter"),
        ("leadtracker/live/pool.lua", "-- as While1 asks", "while1"),
        ("static/tracker/swap.js", "page.VC_DID_TRACKER = null;", "vc_did_tracker"),
        ("static/dashboard/live.js", "// Voicenter", "voicenter"),
        ("leadtracker/pbx/while1/events.py", "# unlike Voicenter", "voicenter"),
        ("leadtracker/pbx/wire.py", "# dnid", "dnid"),
    ],
)
def test_a_planted_word_is_found(tmp_path: Path, path: str, text: str, word: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert vendor_words(tmp_path) == {Named(path, word)}
    assert Named(path, word) not in EXCEPTIONS


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("leadtracker/pbx/voicenter/api.py", "Voicenter"),
        ("leadtracker/pbx/__init__.py", "voicenter, while1"),
        ("leadtracker/demo/world.py", "while1"),
        ("docs/adding-a-vendor.md", "Voicenter"),
    ],
)
def test_a_vendor_may_be_named_where_it_is_at_home(tmp_path: Path, path: str, text: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert vendor_words(tmp_path) == set()
