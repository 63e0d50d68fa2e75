"""Every CDR sample of Voicenter, field by field, and every answer."""

from __future__ import annotations

import dataclasses
import json
import xmlrpc.client

import pytest

from leadtracker.domain import Account, Cdr
from leadtracker.pbx.vendor import Receipt, WireFormat
from leadtracker.pbx.voicenter import VENDOR
from leadtracker.pbx.voicenter.cdr_notification import CDR
from tests.contract.samples import requests, sent
from tests.contract.voicenter.expected_cdrs import EXPECTED, RECEIVED, SAMPLES

FORMATS = {".json": WireFormat.JSON, ".xml": WireFormat.XML_RPC, ".form": WireFormat.FORM}


def test_every_sample_is_expected() -> None:
    assert set(EXPECTED) == requests(SAMPLES)


@pytest.mark.parametrize(
    "header", [None, "", "application/x-www-form-urlencoded", "text/plain; charset=utf-8"]
)
@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str, header: str | None, israel: Account) -> None:
    written_as, fields = sent(SAMPLES / name, header)
    assert written_as is FORMATS[(SAMPLES / name).suffix]
    assert CDR.identify(fields) == EXPECTED[name].call_id
    assert CDR.read(fields, israel, RECEIVED) == EXPECTED[name]


def test_ai_data_is_whole(israel: Account) -> None:
    _, fields = sent(SAMPLES / "request-json-ai.json")
    record = CDR.read(fields, israel, RECEIVED)
    assert isinstance(record, Cdr)
    assert len(record.ai["transcript"]) == 71
    assert len(record.ai["emotions"]["sentences"]) == 41
    assert record.ai["insights"]["participants"]["callee"]["name"] == "Steve"
    answers = {
        question["key"]: question["answer"] for question in record.ai["insights"]["questions"]
    }
    assert answers["issue_resolved"] == "false"


RECEIPTS = {
    "ok": Receipt.STORED,
    "parse-error": Receipt.UNREADABLE,
    "application-error": Receipt.NOT_STORED,
}


@pytest.mark.parametrize("word", RECEIPTS)
@pytest.mark.parametrize("written_as", [WireFormat.JSON, WireFormat.QUERY])
def test_answer_in_json(word: str, written_as: WireFormat, israel: Account) -> None:
    answer = CDR.acknowledge(written_as, RECEIPTS[word], israel)
    assert json.loads(answer.content) == json.loads((SAMPLES / f"answer-{word}.json").read_bytes())
    assert answer.content_type == "application/json"


@pytest.mark.parametrize("word", RECEIPTS)
def test_answer_in_xml_rpc(word: str, israel: Account) -> None:
    answer = CDR.acknowledge(WireFormat.XML_RPC, RECEIPTS[word], israel)
    expected = xmlrpc.client.loads((SAMPLES / f"answer-{word}.xml").read_bytes())
    assert xmlrpc.client.loads(answer.content) == expected
    assert b"<int>" in answer.content
    assert answer.content.startswith(b"<?xml version='1.0'?>\n<methodResponse>")
    assert answer.content_type == "text/xml; charset=utf-8"


@pytest.mark.parametrize("word", RECEIPTS)
def test_answer_as_form(word: str, israel: Account) -> None:
    answer = CDR.acknowledge(WireFormat.FORM, RECEIPTS[word], israel)
    assert answer.content == (SAMPLES / f"answer-{word}.form").read_bytes().strip()
    assert answer.content_type == "application/x-www-form-urlencoded"


def test_answer_in_lower_case(israel: Account) -> None:
    account = dataclasses.replace(israel, options={"lowercase_answer": True})
    expected = json.loads((SAMPLES / "answer-ok-lowercase.json").read_bytes())
    assert json.loads(CDR.acknowledge(WireFormat.JSON, Receipt.STORED, account).content) == expected
    assert CDR.acknowledge(WireFormat.FORM, Receipt.STORED, account).content == b"err=0&errdesc=OK"
    in_xml = CDR.acknowledge(WireFormat.XML_RPC, Receipt.STORED, account).content
    assert xmlrpc.client.loads(in_xml)[0] == (expected,)


@pytest.mark.parametrize("written_as", WireFormat)
def test_what_is_about_no_call_is_acknowledged_as_what_is_stored(
    written_as: WireFormat, israel: Account
) -> None:
    stored = CDR.acknowledge(written_as, Receipt.STORED, israel)
    assert CDR.acknowledge(written_as, Receipt.NO_CALL, israel) == stored


@pytest.mark.parametrize("receipt", Receipt)
def test_every_receipt_has_a_documented_number(receipt: Receipt, israel: Account) -> None:
    numbers = {Receipt.STORED: 0, Receipt.NO_CALL: 0, Receipt.UNREADABLE: 1, Receipt.NOT_STORED: 2}
    assert (
        json.loads(CDR.acknowledge(WireFormat.JSON, receipt, israel).content)["Err"]
        == numbers[receipt]
    )


def test_every_answer_sample_is_used() -> None:
    used = {f"answer-{word}{suffix}" for word in RECEIPTS for suffix in (".json", ".xml", ".form")}
    assert used | {"answer-ok-lowercase.json"} == {file.name for file in SAMPLES.glob("answer*")}


def test_family() -> None:
    assert VENDOR.family("cdr") is CDR
    assert CDR.needed
    assert not CDR.secret_in_query
    assert CDR.place == "CPanel → Integrations → CDR Notification"
