"""What every vendor of `pbx.VENDORS` must keep, whatever its documents say:
a new one is held to it by its folder."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtracker import pbx
from leadtracker.domain import Account, Caller, Cdr, Phase, ScreenPop
from leadtracker.errors import BadPayload
from leadtracker.pbx.vendor import (
    Family,
    Receipt,
    RecordFamily,
    ScreenPopFamily,
    Vendor,
    WireFormat,
)
from tests.contract.samples import FOLDER, requests, sent
from tests.contract.vendor_files import FILES, forgotten

ROOT = Path(__file__).parents[2]
RECEIVED = datetime(2025, 1, 15, 12, tzinfo=UTC)
VENDORS = list(pbx.VENDORS.values())
FAMILIES = [(vendor, family) for vendor in VENDORS for family in vendor.families]
UNHEARD_OF = {"nobodyHasHeardOfThis": {"a": [1, None, "b"]}}


def account(vendor: Vendor) -> Account:
    return Account(1, "key", vendor.name, "secret")


def samples(vendor: Vendor, family: Family) -> list[Path]:
    folder = FOLDER / vendor.name / family.name.replace("-", "_")
    return [folder / name for name in sorted(requests(folder))]


SAMPLES = [
    (vendor, family, file) for vendor, family in FAMILIES for file in samples(vendor, family)
]
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
each_family = pytest.mark.parametrize(
    ("vendor", "family"),
    FAMILIES,
    ids=[f"{vendor.name}-{family.name}" for vendor, family in FAMILIES],
)
each_sample = pytest.mark.parametrize(
    ("vendor", "family", "file"),
    SAMPLES,
    ids=[f"{vendor.name}-{file.name}" for vendor, _, file in SAMPLES],
)


@each_vendor
def test_names(vendor: Vendor) -> None:
    assert pbx.VENDORS[vendor.name] is vendor
    names = [family.name for family in vendor.families]
    assert len(set(names)) == len(names)
    for name in [vendor.name, *names]:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert all([vendor.title, *(family.title and family.place for family in vendor.families)])
    assert vendor.family("no such family") is None


@each_vendor
def test_no_file_is_forgotten(vendor: Vendor) -> None:
    assert forgotten(vendor, ROOT) == []


def test_a_forgotten_file_is_named() -> None:
    """As when a folder is there, and nothing else: every file of the table is missed."""
    family = dataclasses.replace(
        VENDORS[0].families[0], name="ring-ring", place="a page of its own"
    )
    missed = forgotten(Vendor("made-up", "Made Up", (family,)), ROOT)
    named = {name.replace("made-up", "NAME").replace("ring_ring", "FAMILY") for name in missed}
    assert named == {pattern.rstrip("/") for pattern in FILES}


def test_the_document_lists_the_files_that_are_demanded() -> None:
    text = (ROOT / "docs" / "adding-a-vendor.md").read_text()
    table = text.partition("## Files to touch")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == list(FILES)


@each_family
def test_has_samples(vendor: Vendor, family: Family) -> None:
    assert samples(vendor, family)
    sources = (FOLDER / vendor.name / "SOURCES.md").read_text()
    assert family.name.replace("-", "_") in sources


@each_vendor
def test_every_sample_has_a_source(vendor: Vendor) -> None:
    sources = (FOLDER / vendor.name / "SOURCES.md").read_text()
    folders = {
        folder for folder in (FOLDER / vendor.name).iterdir() if any(folder.glob("*request*"))
    }
    assert [folder.name for folder in folders if folder.name not in sources] == []


@each_sample
def test_duplicates_are_read_alike(vendor: Vendor, family: Family, file: Path) -> None:
    first, second = (family.read(sent(file)[1], account(vendor), RECEIVED) for _ in range(2))
    assert first == second
    if isinstance(family, RecordFamily):
        assert family.identify(sent(file)[1]) == first.call_id


@each_sample
def test_what_nobody_documents_is_kept(vendor: Vendor, family: Family, file: Path) -> None:
    _, fields = sent(file)
    record = family.read(fields, account(vendor), RECEIVED)
    more = family.read(fields | UNHEARD_OF, account(vendor), RECEIVED)
    if isinstance(record, Cdr):
        assert more == dataclasses.replace(record, extra=record.extra | UNHEARD_OF)
    elif isinstance(family, RecordFamily):
        assert more == dataclasses.replace(record, custom=record.custom | UNHEARD_OF)
    else:
        assert more == record  # a screen pop is no record: the body as received is


CALLERS = [
    Caller(),
    Caller(url="https://a/b"),
    Caller("שם", "Company", "https://a/b", 3, "visitor"),
]


@each_family
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("caller", CALLERS)
def test_answers(vendor: Vendor, family: Family, phase: Phase, caller: Caller) -> None:
    if isinstance(family, RecordFamily):
        for written_as in WireFormat:
            for receipt in Receipt:
                said = family.acknowledge(written_as, receipt, account(vendor))
                assert isinstance(said.content, bytes)
                assert "/" in said.content_type
                assert (said.status >= 500) == (receipt is Receipt.NOT_STORED)
        return
    answer = family.answer(ScreenPop(None, phase, None, None), caller)
    assert json.loads(json.dumps(answer)) == answer
    assert family.merge(answer, {}) == answer
    assert family.merge(answer, answer) == answer
    for said in (family.write(answer), family.failed):
        assert isinstance(said.content, bytes)
        assert "/" in said.content_type
    assert family.write(answer).status == 200


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=80)
    | st.sampled_from(
        [
            "",
            "0",
            "1",
            "NaN",
            "-1",
            "1e400",
            "1595960350",
            "ANSWER",
            "true",
            "[]",
            "{}",
            "[[",
            "x" * 300,
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def mangled(draw: st.DrawFn) -> tuple[Vendor, Family, dict[str, Any]]:
    """A sample with some fields changed, added or, when they are drawn so, taken away."""
    vendor, family, file = draw(st.sampled_from(SAMPLES))
    _, fields = sent(file)
    names = st.sampled_from(sorted(fields)) | st.text(max_size=12)
    gone = draw(st.sets(st.sampled_from(sorted(fields)), max_size=3))
    changes = draw(st.dictionaries(names, VALUES, max_size=6))
    data = fields.get("data") or {}
    for inner in (data.get("currentCall"), data, fields.get("currentCall")):
        if inner:
            inner |= draw(st.dictionaries(st.sampled_from(sorted(inner)), VALUES, max_size=6))
    return (
        vendor,
        family,
        {name: value for name, value in (fields | changes).items() if name not in gone},
    )


@settings(max_examples=600)
@given(mangled(), st.timedeltas(timedelta(days=-8000), timedelta(days=20000)))
def test_nothing_but_bad_payload(
    sample: tuple[Vendor, Family, dict[str, Any]], later: timedelta
) -> None:
    vendor, family, fields = sample
    received = RECEIVED + later
    refusal = refusal_of(lambda: family.read(fields, account(vendor), received))
    assert refusal is None or refusal.endswith(".")
    if isinstance(family, RecordFamily):  # what is acknowledged as readable can be read afterwards
        assert (refusal_of(lambda: family.identify(fields)) is None) == (refusal is None)
    if refusal is None:
        record = family.read(fields, account(vendor), received)
        json.dumps(dataclasses.asdict(record), default=str, allow_nan=False)
        assert_fits_the_tables(record)
        assert not isinstance(family, RecordFamily) or family.identify(fields) == record.call_id


def refusal_of(reading: Callable[[], object]) -> str | None:
    try:
        reading()
    except BadPayload as refusal:
        return str(refusal)
    return None


def assert_fits_the_tables(record: Cdr | ScreenPop) -> None:
    assert record.call_id is None or 0 < len(record.call_id) <= 255
    if isinstance(record, ScreenPop):
        moments, numbers = [record.at, record.answered_at], [record.caller, record.did]
    else:
        moments, numbers = (
            [record.started_at],
            [record.caller, record.target, record.did, record.customer],
        )
        durations = (
            record.talk_seconds,
            record.duration_seconds,
            record.ring_seconds,
            record.wait_seconds,
        )
        assert all(0 <= seconds < 2**31 for seconds in durations)
        assert record.price is None or abs(record.price) < 2**31
        assert len(record.type) <= 255
    assert all(moment is None or moment.tzinfo is UTC for moment in moments)
    assert all(number is None or 0 < len(number) <= 64 for number in numbers)


POPS = [(vendor, family) for vendor, family in FAMILIES if isinstance(family, ScreenPopFamily)]


@given(st.sampled_from(POPS), st.sampled_from(CALLERS), st.data())
def test_a_crm_cannot_break_the_answer(
    family: tuple[Vendor, ScreenPopFamily], caller: Caller, data: st.DataObject
) -> None:
    ours = family[1].answer(ScreenPop(None, Phase.RINGING, None, None), caller)
    theirs = data.draw(
        st.dictionaries(st.sampled_from(sorted(ours)) | st.text(max_size=9), VALUES, max_size=8)
    )
    for answer in (theirs, {"STATUS": "OK"} | theirs):
        merged = family[1].merge(ours, answer)
        assert set(merged) == set(ours)
        assert json.loads(json.dumps(merged, allow_nan=False)) == merged
