"""Notifications in every way of writing, and what is refused of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
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
    params = f"<params><param><value>{value}</value></param></params>"
    return f"{prolog}<methodCall>{method}{params}</methodCall>"


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
        # No UTF-8, so Windows' Hebrew.
        ("application/x-www-form-urlencoded", b"a=\xf9%F9", {"a": "שש"}),
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


FORMS = st.sampled_from(
    [
        "",
        "application/json",
        "text/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
    ]
)


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


@given(st.dictionaries(st.text("abc"), PLAIN, min_size=1))
def test_json_arrives_as_sent(fields: dict[str, Any]) -> None:
    assert wire.read("POST", "application/json", b"", json.dumps(fields).encode())[1] == fields
