"""Notification -> plain values: JSON, XML-RPC, form, multipart or query, however it is written."""

from __future__ import annotations

import codecs
import math
import re
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl
from xml.parsers.expat import ExpatError
from xmlrpc.client import Error as XmlRpcError
from xmlrpc.client import Unmarshaller

import orjson
from defusedxml.common import DefusedXmlException
from defusedxml.xmlrpc import DefusedExpatParser
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from leadtracker.errors import BadPayload
from leadtracker.pbx import charsets
from leadtracker.pbx.vendor import WireFormat

DEEPEST = 32  # objects and lists inside each other; documented bodies need 6
MOST_VALUES = 200_000  # in one body; the transcript of an hour has some 20,000
MOST_PAIRS = 1_000  # in one form or query
BYTES = "latin-1"  # a character for each byte
# What the readers of XML-RPC raise of a body that is none.
NOT_XML_RPC = (ExpatError, XmlRpcError, AttributeError, LookupError, TypeError, ValueError)
NOT_TEXT = codecs.BOM_UTF8 + codecs.BOM_UTF16 + b"\0 \t\r\n\f\v"  # before a body's first sign
# An escaped character of two halves, or in the group a half alone; a backslash may be escaped too.
HALVES = re.compile(r"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")
DECLARED = re.compile(rb"[^<]{0,9}<\?xml[^>]{0,200}?\sencoding\s*=\s*['\"]([\w.:-]+)")


def read(
    method: str, content_type: str, query: bytes | str, body: bytes
) -> tuple[WireFormat, dict[str, Any]]:
    """The format of a notification and its fields, keys as sent. The body wins over the query.

    Values are str, int, float, bool, None, list and dict. There are no NUL characters, no NaN and
    no integers over 64 bits. Raises BadPayload, whose text says what is wrong.
    """
    written_as = format_of(method, content_type, body)
    if isinstance(query, str):
        query = query.encode("utf-8", "replace")
    fields = _pairs(query, "utf-8")
    if not body.strip():
        if not fields:
            raise BadPayload("The request is empty: it has neither a body nor a query.")
        return written_as, fields
    header = _header(content_type)
    if header.subtype == "form-data" and (header.boundary or body.startswith(b"--")):
        return WireFormat.FORM, fields | _parts(body, header)
    if written_as is WireFormat.JSON:
        fields |= _one_object(_json(body, header.charset))
    elif written_as is WireFormat.XML_RPC:
        fields |= _one_object(_xml_rpc(body, header.charset))
    else:
        charset = header.charset
        if b"\0" in body:  # UTF-16, whose separators are none of ours
            body, charset = charsets.decode(body, charset).encode(), None
        fields |= _pairs(body.removeprefix(codecs.BOM_UTF8).strip(), charset)
    return written_as, fields


def format_of(method: str, content_type: str, body: bytes) -> WireFormat:
    """How a notification is written: by its Content-Type, else by the body's first byte.

    A form never begins with `{`, `[` or `<`, so we know JSON and XML even under a form's header.
    """
    subtype = _header(content_type).subtype
    if subtype == "json" or subtype.endswith("+json"):
        return WireFormat.JSON
    if subtype == "xml" or subtype.endswith("+xml"):
        return WireFormat.XML_RPC
    first = body.lstrip(NOT_TEXT)[:1]
    if first in (b"{", b"["):
        return WireFormat.JSON
    if first == b"<":
        return WireFormat.XML_RPC
    if first and method != "GET":
        return WireFormat.FORM
    return WireFormat.QUERY


def read_text(text: str) -> Any:
    """The values of JSON text inside a field, within the limits of a body. Raises BadPayload."""
    try:
        return _safe(_loads(text), 0, [MOST_VALUES])
    except orjson.JSONDecodeError as fault:
        raise BadPayload(f"The field is not valid JSON: {fault}.") from None


def _loads(text: str) -> Any:
    """Half a character, as of a text that was cut, costs only itself."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        mended = HALVES.sub(lambda found: "\\ufffd" if found[1] else found[0], text)
        return orjson.loads(mended)


class _Header(NamedTuple):
    subtype: str
    charset: str | None
    boundary: str


@lru_cache(maxsize=64)
def _header(content_type: str) -> _Header:
    kind, options = parse_options_header(content_type)
    main, _, subtype = kind.partition("/")
    if not (main.strip() and subtype.strip()):
        subtype = "plain"
    return _Header(subtype.strip().lower(), options.get("charset"), options.get("boundary", ""))


def _parts(body: bytes, header: _Header) -> dict[str, Any]:
    """The fields of multipart/form-data, files included. Raises BadPayload.

    Senders forget to name the boundary, or name another: then it is the body's first line.
    """
    boundary = header.boundary.encode()
    if body.startswith(b"--") and (not boundary or boundary not in body):
        boundary = body.split(b"\n", 1)[0].strip()[2:]
    decoder = MultipartDecoder(boundary, max_parts=MOST_PAIRS)
    fields: dict[str, bytes] = {}
    name = ""
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                name = event.name or ""
                fields[name] = b""
            elif isinstance(event, Data):
                fields[name] += event.data
    except (RequestEntityTooLarge, TypeError, ValueError) as fault:
        raise BadPayload(f"The body is not valid multipart/form-data: {fault}.") from None
    return {
        _text(name): _text(charsets.decode(value, header.charset)) for name, value in fields.items()
    }


def _pairs(written: bytes, charset: str | None) -> dict[str, Any]:
    """A form's or a query's fields; raw and percent-encoded bytes are in one character set."""
    codec = charsets.codec_of(charset) or "utf-8"
    try:
        pairs = parse_qsl(
            written.decode(BYTES), keep_blank_values=True, encoding=BYTES, max_num_fields=MOST_PAIRS
        )
    except ValueError:
        raise BadPayload(f"The form has more than {MOST_PAIRS} fields.") from None
    return {_text(_decoded(name, codec)): _text(_decoded(value, codec)) for name, value in pairs}


def _decoded(part: str, codec: str) -> str:
    return charsets.decode(part.encode(BYTES), codec)


def _json(body: bytes, charset: str | None) -> Any:
    try:
        return _loads(charsets.decode(body, charset).strip())
    except orjson.JSONDecodeError as fault:
        raise BadPayload(f"The body is not valid JSON: {fault}.") from None


def _xml_rpc(body: bytes, charset: str | None) -> Any:
    """The one parameter of an XML-RPC call of any method, or of no method."""
    values = _Values()
    parser = DefusedExpatParser(values, forbid_dtd=True)
    # A character set in the header counts more than the XML declaration.
    declared = DECLARED.match(body)
    if declared and charsets.codec_of(charset) is None:
        charset = declared[1].decode()
    try:
        parser.feed(charsets.decode(body, charset).lstrip())
        parser.close()
        parameters = values.close()
    except BadPayload:
        raise
    except DefusedXmlException:
        raise BadPayload(
            "The XML has a document type or entities, which are not read here."
        ) from None
    except NOT_XML_RPC as fault:
        why = str(fault)[:200] or type(fault).__name__
        raise BadPayload(f"The body is not valid XML-RPC: {why}.") from None
    if len(parameters) != 1:
        count = len(parameters)
        raise BadPayload(f"The XML-RPC call has {count} parameters; one struct is documented.")
    return parameters[0]


class _Values(Unmarshaller):
    """Python's reader of XML-RPC with a limit on depth. Dates and base64 stay text."""

    dispatch = Unmarshaller.dispatch | {
        "base64": Unmarshaller.end_string,
        "bigdecimal": Unmarshaller.end_string,
        "dateTime.iso8601": Unmarshaller.end_string,
    }

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        super().start(tag, attrs)
        if len(self._marks) > DEEPEST:
            _too_deep()


def _one_object(value: Any) -> dict[str, Any]:
    """The object of a body, safe to keep.

    It is taken out of a list of one, or out of socket.io's pair of a name and the object.
    """
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        value = value[1:]
    if isinstance(value, list):
        if len(value) != 1:
            raise BadPayload(f"The body is a list of {len(value)}; one object is documented.")
        value = value[0]
    if not isinstance(value, dict):
        raise BadPayload("The body is a single value; an object is documented.")
    safe: dict[str, Any] = _safe(value, 0, [MOST_VALUES])
    return safe


def _safe(value: Any, depth: int, left: list[int]) -> Any:
    """The value without what databases refuse. Raises BadPayload past a limit."""
    left[0] -= 1
    if left[0] < 0:
        raise BadPayload(f"The body has more than {MOST_VALUES} values.")
    if depth > DEEPEST:
        _too_deep()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(_name(key)): _safe(item, depth + 1, left) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item, depth + 1, left) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise BadPayload("The body has a number that is infinite or not a number.")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise BadPayload("The body has an integer of more than 64 bits.")
    return value


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise BadPayload("The body has a struct whose member has no name.")
    return key


def _text(value: str) -> str:
    return value.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL in a text


def _too_deep() -> NoReturn:
    raise BadPayload(f"The body has more than {DEEPEST} objects or lists inside each other.")
