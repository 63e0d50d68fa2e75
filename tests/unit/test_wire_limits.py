"""Bodies that are refused: too large, too deep or unreadable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from leadtracker.errors import BadPayload
from leadtracker.pbx import wire
from tests.unit.test_wire import struct, xml

LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    + "]>"
)

EXTERNAL = "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"

DEEP_JSON = b'{"a":' * 33 + b"1" + b"}" * 33

DEEPER_JSON = b'{"a":' * 100_000

DEEP_XML = xml(
    "<struct><member><name>a</name><value>" * 40 + "1" + "</value></member></struct>" * 40
)


@pytest.mark.parametrize(
    ("content_type", "body", "sentence"),
    [
        ("", b"", "empty"),
        ("application/json", b" \n ", "empty"),
        ("application/json", b'{"a": 1', "not valid JSON"),
        ("application/json", b'{"a": 1}}', "not valid JSON"),
        ("application/json", b'{"a": {"b": 1} "c": 2}', "not valid JSON"),
        ("application/json", b"a=1", "not valid JSON"),
        ("application/json", b"<a/>", "not valid JSON"),
        ("application/json", b'{"a": NaN}', "not valid JSON"),
        ("application/json", b'{"a": Infinity}', "not valid JSON"),
        ("application/json", b'{"a": 1e999}', "not valid JSON"),
        ("application/json", DEEP_JSON, "more than 32 objects or lists inside each other"),
        ("application/json", DEEPER_JSON, "not valid JSON"),
        ("application/json", b"[" + b"1," * 200_001 + b"1]", "a list of 200002"),
        ("application/json", b'{"a": [' + b"1," * 200_000 + b"1]}", "more than 200000 values"),
        ("application/json", b"[]", "a list of 0"),
        ("application/json", b"[{}, {}]", "a list of 2"),
        ("application/json", b'["name", 1]', "single value"),
        ("application/json", b'["name", {}, 1]', "a list of 3"),
        ("application/json", b"[[{}]]", "single value"),
        ("application/json", b'"text"', "single value"),
        ("application/json", b"null", "single value"),
        ("", b"&".join(b"a%d=1" % n for n in range(1001)), "more than 1000 fields"),
        ("text/xml", xml(struct(a="&a11;"), prolog=LAUGHS).encode(), "document type or entities"),
        ("", (LAUGHS + "<a>&a11;</a>").encode(), "document type or entities"),
        ("text/xml", xml(struct(a="&f;"), prolog=EXTERNAL).encode(), "document type or entities"),
        (
            "text/xml",
            xml("", prolog="<!DOCTYPE x SYSTEM 'http://x/x.dtd'>").encode(),
            "document type or entities",
        ),
        ("text/xml", xml(struct(a="&nosuch;")).encode(), "not valid XML-RPC"),
        ("text/xml", DEEP_XML.encode(), "more than 32 objects or lists inside each other"),
        ("text/xml", xml(struct(a="<i4>1</i4>")).encode()[:-20], "not valid XML-RPC"),
        ("text/xml", b"<a/>", "not valid XML-RPC"),
        ("text/xml", b'{"a": 1}', "not valid XML-RPC"),
        ("text/xml", xml(struct(a="<i4>one</i4>")).encode(), "not valid XML-RPC"),
        ("text/xml", xml(struct(a="<i4></i4>")).encode(), "not valid XML-RPC"),
        ("text/xml", xml(struct(a="<boolean>true</boolean>")).encode(), "not valid XML-RPC"),
        ("text/xml", xml(struct(a="<double>much</double>")).encode(), "not valid XML-RPC"),
        ("text/xml", xml(struct(a="<unheard>1</unheard>")).encode(), "not valid XML-RPC"),
        (
            "text/xml",
            xml("<struct><member><name>a</name></member></struct>").encode(),
            "not valid XML-RPC",
        ),
        (
            "text/xml",
            xml("<struct>" + "<value>a</value>" * 3 + "</struct>").encode(),
            "not valid XML-RPC",
        ),
        (
            "text/xml",
            xml("<struct><value><i4>1</i4></value><value>b</value></struct>").encode(),
            "no name",
        ),
        ("text/xml", xml(struct(a="<double>nan</double>")).encode(), "not a number"),
        ("text/xml", xml(struct(a="<double>1e999</double>")).encode(), "infinite"),
        ("text/xml", xml(struct(a="<i8>" + "9" * 20 + "</i8>")).encode(), "more than 64 bits"),
        ("text/xml", xml(struct(a=f"<i8>{2**64}</i8>")).encode(), "more than 64 bits"),
        ("text/xml", xml(struct(a=f"<i8>{-(2**63) - 1}</i8>")).encode(), "more than 64 bits"),
        ("text/xml", xml(struct(a="<double>-inf</double>")).encode(), "infinite"),
        ("text/xml", xml(struct(a="<i8>" + "9" * 5000 + "</i8>")).encode(), "not valid XML-RPC"),
        ("text/xml", xml("text").encode(), "single value"),
        ("text/xml", b"<methodCall><params></params></methodCall>", "0 parameters"),
        ("text/xml", xml("a</value></param><param><value>b").encode(), "2 parameters"),
        ("text/xml", xml(struct(a="\0")).encode(), "not valid XML-RPC"),
        ("text/xml", b"<?xml version='1.0' encoding='nothing'?><a/>", "not valid XML-RPC"),
    ],
)
def test_refused(content_type: str, body: bytes, sentence: str) -> None:
    with pytest.raises(BadPayload, match=sentence) as refusal:
        wire.read("POST", content_type, b"", body)
    assert len(str(refusal.value)) < 400
    assert str(refusal.value).endswith(".")


def nested(levels: int) -> bytes:
    """JSON objects inside each other, the innermost with a number."""
    return b'{"a":' * levels + b"1" + b"}" * levels


def nested_lists(levels: int) -> bytes:
    """Lists inside each other, in the one object that a body is."""
    return b'{"a":' + b"[" * (levels - 1) + b"1" + b"]" * (levels - 1) + b"}"


def nested_structs(levels: int) -> bytes:
    return xml(
        "<struct><member><name>a</name><value>" * levels
        + "1"
        + "</value></member></struct>" * levels
    ).encode()


def many_values(count: int) -> bytes:
    """An object and its list are two of them."""
    return b'{"a":[' + b",".join([b"1"] * (count - 2)) + b"]}"


def many_pairs(count: int) -> bytes:
    return b"&".join(b"a%d=1" % number for number in range(count))


LIMITS: dict[str, tuple[str, Callable[[int], bytes], int, str]] = {
    "depth of JSON": (
        "application/json",
        nested,
        32,
        "more than 32 objects or lists inside each other.",
    ),
    "depth of lists": (
        "application/json",
        nested_lists,
        32,
        "more than 32 objects or lists inside each other.",
    ),
    "depth of XML-RPC": (
        "text/xml",
        nested_structs,
        32,
        "more than 32 objects or lists inside each other.",
    ),
    "values": ("application/json", many_values, 200_000, "more than 200000 values."),
    "fields of a form": ("", many_pairs, 1_000, "more than 1000 fields."),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_itself_is_taken_and_one_more_is_not(limit: str) -> None:
    content_type, body, most, sentence = LIMITS[limit]
    assert wire.read("POST", content_type, b"", body(most))[1]
    with pytest.raises(BadPayload, match=sentence):
        wire.read("POST", content_type, b"", body(most + 1))


def test_a_query_has_the_limit_of_a_form() -> None:
    assert len(wire.read("GET", "", many_pairs(1_000), b"")[1]) == 1_000
    with pytest.raises(BadPayload, match="more than 1000 fields"):
        wire.read("GET", "", many_pairs(1_001), b"")


@pytest.mark.parametrize(("body", "most"), [(nested, 32), (many_values, 200_000)])
def test_json_inside_a_field_has_the_limits_of_a_body(
    body: Callable[[int], bytes], most: int
) -> None:
    assert wire.read_text(body(most).decode()) == json.loads(body(most))
    with pytest.raises(BadPayload, match="more than"):
        wire.read_text(body(most + 1).decode())


@pytest.mark.parametrize("text", ["", "{", "NaN", "one"])
def test_a_field_that_is_no_json(text: str) -> None:
    with pytest.raises(BadPayload, match=r"^The field is not valid JSON: .*\.$"):
        wire.read_text(text)


def test_json_inside_a_field_holds_nothing_that_databases_refuse() -> None:
    assert wire.read_text('["a\\u0000", 1.5, true, null]') == ["a\ufffd", 1.5, True, None]


def billion_laughs(size: int) -> bytes:
    return (LAUGHS + xml(struct(a="&a11;"), prolog="")).encode() + b" " * size


def opening_brackets(size: int) -> bytes:
    return b"[" * size


def open_structs(size: int) -> bytes:
    return b"<methodCall><params><param>" + b"<value><struct><member>" * (size // 23)


def many_fields(size: int) -> bytes:
    return b"a&" * (size // 2)


@pytest.mark.parametrize("bomb", [billion_laughs, opening_brackets, open_structs, many_fields])
def test_bombs_are_refused_cheaply(bomb: Callable[[int], bytes]) -> None:
    body = bomb(4 * 1024 * 1024)
    began = time.process_time()
    with pytest.raises(BadPayload):
        wire.read("POST", "", b"", body)
    assert time.process_time() - began < 0.5
