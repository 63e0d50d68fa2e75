"""Whatever character set a body is in, and whatever it says of that, its text is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtracker.errors import BadPayload
from leadtracker.pbx import charsets, wire
from leadtracker.pbx.vendor import WireFormat
from tests.unit.test_wire import struct, xml

HEBREW = "דנה לוי"
AS_JSON = json.dumps({"a": HEBREW}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        # As registered.
        *(
            (name, "iso8859-8")
            for name in ("ISO-8859-8-I", "iso-8859-8-e", "iso-8859-8", "logical")
        ),
        *((name, "iso8859-8") for name in ("csISO88598I", "visual", "hebrew", "iso-ir-138")),
        ("ISO_8859-8:1988", "iso8859-8"),
        *((name, "utf-8") for name in ("UTF-8", "utf8", '"utf-8"', "'UTF-8'", " utf-8 ", "csUTF8")),
        *((name, "ascii") for name in ("US-ASCII", "ascii", "ANSI_X3.4-1968")),
        # MySQL's.
        *((name, "utf-8") for name in ("utf8mb4", "utf8mb3", "UTF8MB4", "binary")),
        ("latin1", "iso8859-1"),
        ("ucs2", "utf-16-be"),
        ("eucjpms", "euc_jp"),
        # Windows', Java's and .NET's.
        *((name, "cp1255") for name in ("windows-1255", "Cp1255", "x-cp1255", "win1255")),
        *((name, "cp1255") for name in ("windows1255", "WINDOWS_1255", "ms-1255", "cp-1255")),
        *((name, "cp862") for name in ("DOS-862", "IBM862", "cp862", "Cp862")),
        ("ISO8859_8", "iso8859-8"),
        ("UnicodeLittleUnmarked", "utf-16-le"),
        ("x-UTF-16LE-BOM", "utf-16-le"),
        ("unicode-1-1-utf-8", "utf-8"),
        # No character sets, and codecs that are none.
        *((name, None) for name in ("", None, '""', "none", "zlib", "punycode", "utf-7", "idna")),
        *((name, None) for name in ("rot13", "unicode_escape", "\0", "é", "a" * 9999, "../x")),
    ],
)
def test_codec(named: str | None, codec: str | None) -> None:
    assert charsets.codec_of(named) == codec


@pytest.mark.parametrize(
    ("content_type", "codec"),
    [
        ("application/json; charset=ISO-8859-8-I", "iso8859-8"),
        ("application/json; charset=iso-8859-8-e", "iso8859-8"),
        ("application/json; charset=utf8mb4", "utf-8"),
        ('application/json; charset="utf-8"', "utf-8"),
        ("application/json; charset=", "utf-8"),
        ('application/json; charset=""', "utf-8"),
        ("application/json; charset", "utf-8"),
        ("application/json; charset=nothing", "utf-8"),
        ("application/json; charset=nothing", "cp1255"),
        ("application/json; charset=utf-8", "cp1255"),  # it says what is not so
        ("application/json; charset=ascii", "utf-8"),
        ("application/json", "cp1255"),
        ("application/json; charset*0*=utf-8''windows; charset*1=-1255", "cp1255"),
        ("application/json; charset*0=windows; charset*1=-1255", "cp1255"),
        ("application/json; charset*=utf-8''iso-8859-8-i", "iso8859-8"),
        ("application/json; charset*0*=", "utf-8"),
        ("application/json; charset*0*='", "utf-8"),
        ("application/json; charset*0*=bad''%ff; charset*1*=z", "utf-8"),
        ("application/json; charset*a*=x", "utf-8"),
        ("application/json; charset=utf-8", "utf-8-sig"),
        ("application/json; charset=windows-1255", "utf-8-sig"),
        ("application/json; charset=utf-16", "utf-16"),
        ("application/json; charset=utf-16", "utf-16-le"),
        ("application/json; charset=utf-16", "utf-16-be"),
        ("application/json; charset=utf-16le", "utf-16"),
        ("application/json; charset=utf-8", "utf-16"),
        ("application/json", "utf-16"),
        ("application/json", "utf-16-le"),
        ("application/json", "utf-16-be"),
        ("application/json", "utf-32"),
        ("", "utf-16"),
        ("text/plain", "utf-8-sig"),
    ],
)
def test_json(content_type: str, codec: str) -> None:
    assert wire.read("POST", content_type, b"", AS_JSON.encode(codec))[1] == {"a": HEBREW}


@pytest.mark.parametrize(
    ("content_type", "prolog", "codec"),
    [
        ("text/xml", '<?xml version="1.0" encoding="ISO-8859-8-I"?>', "iso8859-8"),
        ("text/xml", "<?xml version='1.0' encoding='iso-8859-8-e'?>", "iso8859-8"),
        ("text/xml; charset=", '<?xml version="1.0" encoding="windows-1255"?>', "cp1255"),
        ("text/xml", '<?xml version="1.0" encoding="nothing"?>', "utf-8"),
        ("text/xml", '<?xml version="1.0" encoding="utf-8"?>', "cp1255"),
        ("text/xml", "", "cp1255"),
        ("text/xml", '<?xml version="1.0" encoding="utf-8"?>', "utf-8-sig"),
        ("text/xml", '<?xml version="1.0" encoding="utf-16"?>', "utf-16"),
        ("text/xml", '<?xml version="1.0" encoding="utf-16"?>', "utf-16-le"),
        ("", '<?xml version="1.0"?>', "utf-16"),
    ],
)
def test_xml(content_type: str, prolog: str, codec: str) -> None:
    body = xml(struct(a=HEBREW), prolog=prolog).encode(codec)
    assert wire.read("POST", content_type, b"", body)[1] == {"a": HEBREW}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=ISO-8859-8-I", b"a=%F9%ec"),
        ("application/x-www-form-urlencoded; charset=utf8mb4", "a=של".encode()),
        ("application/x-www-form-urlencoded; charset=", b"a=%D7%A9%D7%9C"),
        ("application/x-www-form-urlencoded", b"a=%F9%EC"),
        ("application/x-www-form-urlencoded", b"\xef\xbb\xbfa=\xf9%EC"),
        ("application/x-www-form-urlencoded; charset=utf-16", "a=של".encode("utf-16")),
        (
            "multipart/form-data; boundary=x",
            '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nשל\r\n--x--\r\n'.encode(),
        ),
        (
            'multipart/form-data; boundary="x y"; charset=windows-1255',
            b'--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xf9\xec\r\n--x y--',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n'
            b"Content-Type: text/plain\r\n\r\n\xf9\xec\r\n--x--",
        ),
    ],
)
def test_forms(content_type: str, body: bytes) -> None:
    written_as, fields = wire.read("POST", content_type, b"b=1", body)
    assert (written_as, fields) == (WireFormat.FORM, {"a": "של", "b": "1"})


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary",
        b"--x\r\nno header",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na",
        b"--x",
    ],
)
def test_a_torn_multipart_is_told(body: bytes) -> None:
    with pytest.raises(BadPayload, match=r"multipart|empty"):
        wire.read("POST", "multipart/form-data; boundary=x", b"", body)


def test_a_multipart_has_as_many_fields_as_a_form() -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n'
    body = b"".join(part % number for number in range(wire.MOST_PAIRS + 1)) + b"--x--"
    with pytest.raises(BadPayload, match="multipart"):
        wire.read("POST", "multipart/form-data; boundary=x", b"", body)


@given(st.binary(max_size=200), st.text(max_size=30) | st.none())
def test_every_body_is_some_text(body: bytes, named: str | None) -> None:
    charsets.decode(body, named).encode("utf-8", "surrogatepass")


@given(st.text(st.characters(codec="cp1255"), max_size=50), st.sampled_from(["utf-8", "cp1255"]))
def test_a_character_set_that_is_named_and_true_is_believed(text: str, codec: str) -> None:
    assert charsets.decode(text.encode(codec), codec) == text


@pytest.mark.parametrize("named", ["utf-8", None, "", "utf8mb4", "ISO-8859-1"])
def test_a_text_that_was_cut_inside_a_character_loses_only_that(named: str | None) -> None:
    cut = "דנה כהן".encode()[:-1]
    assert charsets.decode(b"{" + cut + b"}", named) == "{דנה כה\ufffd}"


@pytest.mark.parametrize("named", ["ISO-8859-1", "latin1", "windows-1252", "iso-8859-15"])
def test_what_senders_name_who_name_nothing(named: str) -> None:
    assert charsets.decode("דנה".encode(), named) == "דנה"
    assert charsets.decode("José".encode("latin-1"), named) == "José"


@pytest.mark.parametrize("said", ["", "; boundary=", "; boundary=other"])
@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_a_multipart_whose_boundary_is_not_named(said: str, line: bytes) -> None:
    head = b'Content-Disposition: form-data; name="a"'
    body = line.join([b"--x", head, b"", b"1", b"--x--", b""])
    assert wire.read("POST", f"multipart/form-data{said}", b"", body)[1] == {"a": "1"}


def test_nothing_is_lost_of_what_no_character_set_explains() -> None:
    fields: dict[str, Any] = wire.read("POST", "application/json", b"", b'{"a": "\xd9\xff"}')[1]
    assert fields == {"a": "\ufffd\ufffd"}
