"""Callbacks in every way of writing, and what is refused of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtracker.errors import BadPayload
from leadtracker.pbx import wire
from leadtracker.pbx.vendor import WireFormat

JSON, XML, FORM, QUERY = WireFormat.JSON, WireFormat.XML_RPC, WireFormat.FORM, WireFormat.QUERY


def xml(
    value: str,
    prolog: str = '<?xml version="1.0" encoding="UTF-8"?>',
    method: str = "<methodName>x</methodName>",
) -> str:
    """An XML-RPC call with one parameter."""
    return f"{prolog}<methodCall>{method}<params><param><value>{value}</value></param></params></methodCall>"


def struct(**members: str) -> str:
    parts = (
        f"<member><name>{name}</name><value>{value}</value></member>"
        for name, value in members.items()
    )
    return f"<struct>{''.join(parts)}</struct>"


@pytest.mark.parametrize(
    ("method", "content_type", "body", "expected"),
    [
        ("POST", "application/json", b"{}", JSON),
        ("POST", "application/json; charset=utf-8", b"a=1", JSON),
        ("POST", "Application/JSON", b"", JSON),
        ("POST", "application/vnd.api+json", b"a=1", JSON),
        ("POST", "text/xml", b"a=1", XML),
        ("POST", "application/xml;charset=utf-8", b"", XML),
        ("POST", "application/soap+xml", b"", XML),
        ("POST", "application/x-www-form-urlencoded", b"a=1", FORM),
        # The header says a form or nothing of use: the first byte decides.
        ("POST", "application/x-www-form-urlencoded", b'{"a":1}', JSON),
        ("POST", "application/x-www-form-urlencoded", b" \r\n[{}]", JSON),
        ("POST", "application/x-www-form-urlencoded", b"<?xml?>", XML),
        ("POST", "", b"\xef\xbb\xbf {}", JSON),
        ("POST", "", b"\xef\xbb\xbf<a/>", XML),
        ("POST", "text/plain", b"a=1", FORM),
        ("POST", "no such header", b"a=1", FORM),
        ("POST", "; ;", b"{}", JSON),
        ("POST", "", b"", QUERY),
        ("GET", "", b"", QUERY),
        ("GET", "application/x-www-form-urlencoded", b"", QUERY),
        ("GET", "", b"a=1", QUERY),
        ("GET", "application/json", b"{}", JSON),
    ],
)
def test_format(method: str, content_type: str, body: bytes, expected: WireFormat) -> None:
    assert wire.format_of(method, content_type, body) is expected


HEBREW = "שלום"


def hebrew(codec: str) -> bytes:
    return json.dumps({"a": HEBREW}, ensure_ascii=False).encode(codec)


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (
            "application/json",
            b'{"a": [1, 2.5, null, true, {"b": {}}]}',
            {"a": [1, 2.5, None, True, {"b": {}}]},
        ),
        ("application/json", b'[{"a": 1}]', {"a": 1}),
        ("application/json", b'["name", {"a": 1}]', {"a": 1}),
        ("application/json", b'\xef\xbb\xbf{"a": 1}\n', {"a": 1}),
        ("application/json", b'{"a": 1, "a": 2}', {"a": 2}),  # the last of two counts
        ("application/json", b'{"a": 9223372036854775807}', {"a": 2**63 - 1}),
        (
            "application/json",
            b'{"a": 123456789012345678901234567890}',
            {"a": 1.2345678901234568e29},
        ),
        ("application/json", b'{"a\\u0000b": "c\\u0000d"}', {"a\ufffdb": "c\ufffdd"}),
        ("application/json", hebrew("utf-8"), {"a": HEBREW}),
        ("application/json; charset=UTF-8", hebrew("utf-8"), {"a": HEBREW}),
        ("application/json; charset=windows-1255", hebrew("cp1255"), {"a": HEBREW}),
        ('application/json; charset="iso-8859-8"', hebrew("iso8859-8"), {"a": HEBREW}),
        (
            "application/json; charset=utf-16",
            json.dumps({"a": HEBREW}).encode("utf-16"),
            {"a": HEBREW},
        ),
        ("application/json; charset=us-ascii", b'{"a": 1}', {"a": 1}),
        ("application/x-www-form-urlencoded", b"a=1&b=&c&a=2\n", {"a": "2", "b": "", "c": ""}),
        ("application/x-www-form-urlencoded", b"a=%D7%A9+%2B1&%D7%A9=x", {"a": "ש +1", "ש": "x"}),
        ("application/x-www-form-urlencoded", "a=ש".encode(), {"a": "ש"}),
        ("application/x-www-form-urlencoded; charset=windows-1255", b"a=%F9", {"a": "ש"}),
        ("application/x-www-form-urlencoded; charset=windows-1255", b"a=\xf9", {"a": "ש"}),
        (
            "application/x-www-form-urlencoded",
            b"a=\xf9%F9",
            {"a": "\ufffd\ufffd"},
        ),  # latin-1 bytes that are no UTF-8
        ("application/x-www-form-urlencoded", b"a%00b=c%00d", {"a\ufffdb": "c\ufffdd"}),
        ("", b"\xef\xbb\xbfa=1", {"a": "1"}),
        ("", b"test", {"test": ""}),
        ("", b"ping", {"ping": ""}),
    ],
)
def test_body(content_type: str, body: bytes, expected: dict[str, Any]) -> None:
    assert wire.read("POST", content_type, b"", body)[1] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<string>x</string>", "x"),
        ("<string></string>", ""),
        ("<string/>", ""),
        ("untyped", "untyped"),
        ("", ""),
        ("<i4>-7</i4>", -7),
        ("<int>7</int>", 7),
        ("<i8>1595960350</i8>", 1595960350),
        ("<boolean>1</boolean>", True),
        ("<boolean>0</boolean>", False),
        ("<double>0.5</double>", 0.5),
        ("<nil/>", None),
        ("<ex:nil xmlns:ex='x'/>", None),
        ("<dateTime.iso8601>20200721T12:13:30</dateTime.iso8601>", "20200721T12:13:30"),
        ("<base64>AAAA</base64>", "AAAA"),
        ("<bigdecimal>1.50</bigdecimal>", "1.50"),
        (f"<i8>{-(2**63)}</i8>", -(2**63)),
        (f"<i8>{2**64 - 1}</i8>", 2**64 - 1),
        ("<array><data></data></array>", []),
        ("<array><data><value><i4>1</i4></value><value>b</value></data></array>", [1, "b"]),
        (struct(b="<i4>1</i4>"), {"b": 1}),
        ("<string>&lt;&amp;&#1513;</string>", "<&ש"),
        ("<string><![CDATA[<a>]]></string>", "<a>"),
        ("<string>  x </string>", "  x "),
        ("\n  <i4>1</i4>\n  ", 1),
    ],
)
def test_xml_rpc_value(value: str, expected: Any) -> None:
    written_as, fields = wire.read("POST", "text/xml", b"", xml(struct(a=value)).encode())
    assert written_as is XML
    assert fields == {"a": expected}


@pytest.mark.parametrize(
    "body",
    [
        xml(struct(a="<i4>1</i4>")).encode(),
        xml(struct(a="<i4>1</i4>"), method="").encode(),
        xml(struct(a="<i4>1</i4>"), method="<methodName/>").encode(),
        xml(struct(a="<i4>1</i4>"), prolog="").encode(),
        b"\xef\xbb\xbf" + xml(struct(a="<i4>1</i4>")).encode(),
        xml(struct(a="<i4>1</i4>"), prolog='<?xml version="1.0" encoding="UTF-16"?>').encode(
            "utf-16"
        ),
        xml("<array><data><value>" + struct(a="<i4>1</i4>") + "</value></data></array>").encode(),
    ],
)
def test_xml_rpc_call(body: bytes) -> None:
    assert wire.read("POST", "text/xml", b"", body)[1] == {"a": 1}


@pytest.mark.parametrize(
    ("content_type", "prolog", "codec"),
    [
        ("text/xml", '<?xml version="1.0" encoding="windows-1255"?>', "cp1255"),
        ("text/xml; charset=windows-1255", "", "cp1255"),
        ("text/xml; charset=windows-1255", '<?xml version="1.0" encoding="UTF-8"?>', "cp1255"),
        ("text/xml; charset=utf-8", '<?xml version="1.0" encoding="windows-1255"?>', "utf-8"),
    ],
)
def test_character_sets_of_xml(content_type: str, prolog: str, codec: str) -> None:
    body = xml(struct(a=HEBREW), prolog=prolog).encode(codec)
    assert wire.read("POST", content_type, b"", body)[1] == {"a": HEBREW}


@pytest.mark.parametrize(
    ("method", "content_type", "query", "body", "expected"),
    [
        ("GET", "", b"a=1&b=2", b"", (QUERY, {"a": "1", "b": "2"})),
        (
            "GET",
            "",
            "a=%D7%A9&phone=+972501234567",
            b"",
            (QUERY, {"a": "ש", "phone": " 972501234567"}),
        ),
        ("POST", "", b"a=1", b"", (QUERY, {"a": "1"})),
        ("POST", "application/json", b"a=1", b" \n", (JSON, {"a": "1"})),
        ("POST", "application/json", b"a=1&b=2", b'{"b": 3}', (JSON, {"a": "1", "b": 3})),
        (
            "POST",
            "text/xml",
            b"a=1&b=2",
            xml(struct(b="<i4>3</i4>")).encode(),
            (XML, {"a": "1", "b": 3}),
        ),
        ("POST", "", b"a=1&b=2", b"b=3", (FORM, {"a": "1", "b": "3"})),
        ("GET", "", b"a=1", b"b=3", (QUERY, {"a": "1", "b": "3"})),
        ("GET", "", b"a=\xff", b"", (QUERY, {"a": "\ufffd"})),
    ],
)
def test_query(
    method: str,
    content_type: str,
    query: bytes | str,
    body: bytes,
    expected: tuple[WireFormat, dict[str, Any]],
) -> None:
    assert wire.read(method, content_type, query, body) == expected


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
        ("application/json", b'{"a": "\xf9"}', "not valid JSON"),  # latin-1 bytes
        ("application/json", b'{"a": "\\ud800"}', "not valid JSON"),
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
        ("application/json; charset=utf-8", b'{"a": "\xf9"}', "not valid JSON"),
        ("application/json; charset=ascii", b'{"a": "\xf9"}', "not text in ascii"),
        ("application/json; charset=zlib", b"{}", "character set 'zlib'"),
        ("application/json; charset=punycode", b"{}", "character set 'punycode'"),
        ("application/json; charset=utf-7", b"{}", "character set 'utf-7'"),
        ("application/json; charset=nothing", b"{}", "character set 'nothing'"),
        ("application/json; charset=" + "a" * 9999, b"{}", "character set"),
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
        (
            "text/xml",
            xml(struct(a="x")).encode().replace(b"x</v", b"\xf9</v"),
            "not valid XML-RPC",
        ),  # latin-1 bytes
        (
            "text/xml; charset=utf-8",
            xml(struct(a="x")).encode().replace(b"x</v", b"\xf9</v"),
            "not text in utf-8",
        ),
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


FORMS = st.sampled_from(
    [
        "",
        "application/json",
        "text/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
    ]
)


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST"]),
    content_type=FORMS | st.text(),
    query=st.binary(),
    body=st.binary(),
)
def test_nothing_but_bad_payload(method: str, content_type: str, query: bytes, body: bytes) -> None:
    try:
        written_as, fields = wire.read(method, content_type, query, body)
    except BadPayload:
        return
    assert written_as is wire.format_of(method, content_type, body)
    json.dumps(fields, allow_nan=False).encode()


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text("abc"), PLAIN, min_size=1))
def test_json_arrives_as_sent(fields: dict[str, Any]) -> None:
    assert wire.read("POST", "application/json", b"", json.dumps(fields).encode())[1] == fields
