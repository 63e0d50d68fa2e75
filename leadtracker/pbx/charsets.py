"""Bytes -> text: which character set a body is in, whatever it says and whether it says so."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

# All decode fast and grow little. A codec that is no character set ("zlib", "idna") is none here.
TAKEN = (
    *("utf-8", "ascii", "utf-16", "utf-32", "iso8859-", "cp", "koi8", "mac-", "tis-620"),
    *("gb", "big5", "euc_", "shift_jis", "johab"),
)
MARKS = (  # the longer first: one of UTF-32 begins like one of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
BYTE_ORDER_MARK = "\ufeff"
# Names as browsers, databases, Java and .NET print them, letters and digits only, for Python's.
NAMES = {
    "binary": "utf-8",
    "csiso88598e": "iso8859-8",
    "csiso88598i": "iso8859-8",
    "eucjpms": "euc_jp",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "logical": "iso8859-8",
    "ucs2": "utf-16-be",
    "ujis": "euc_jp",
    "unicode": "utf-16",
    "unicodebig": "utf-16-be",
    "unicodebigunmarked": "utf-16-be",
    "unicodelittle": "utf-16-le",
    "unicodelittleunmarked": "utf-16-le",
    "usascii": "ascii",
    "visual": "iso8859-8",
    "win1255hebrew": "cp1255",
}
FAMILIES = (
    (re.compile(r"(?:x|cs)?(?:unicode11|unicode20)?utf8(?:mb[34])?(?:sig|bom)?\Z"), "utf-8"),
    (re.compile(r"(?:x|cs)?utf(16|32)([bl]e)(?:bom)?\Z"), r"utf-\1-\2"),
    # The order of letters (visual, or logical: i and e) is no matter of the character set.
    (re.compile(r"(?:x|cs)?iso8859([0-9]{1,2})[ei]?\Z"), r"iso8859-\1"),
    (re.compile(r"iso(?:ir)?8859([0-9]{1,2})[0-9]{4}[ei]?\Z"), r"iso8859-\1"),
    (re.compile(r"(?:x|cs)?(?:windows|win|cp|ms|ibm|dos|pc)([0-9]{3,4})\Z"), r"cp\1"),
)
WESTERN = ("iso8859-1", "iso8859-15", "cp1252")
USUAL = ("utf-8", "cp1255")  # Windows' Hebrew holds all of ISO-8859-8


def decode(body: bytes, named: str | None = None) -> str:
    """The text of a body. Every body has one: what no character set explains becomes U+FFFD.

    A byte order mark counts most, then the character set that is named, then what fits.
    """
    for codec in _choices(body, named):
        try:
            return body.decode(codec).removeprefix(BYTE_ORDER_MARK)
        except UnicodeDecodeError:
            if codec == "utf-8" and _is_cut(body):
                return body.decode(codec, "replace").removeprefix(BYTE_ORDER_MARK)
    likely = next(_choices(body, named))
    return body.decode(likely, "replace").removeprefix(BYTE_ORDER_MARK)


def _is_cut(body: bytes) -> bool:
    """Whether it is UTF-8 with some character cut: a text in another set has hardly a whole one."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - broken > broken


def codec_of(named: str | None) -> str | None:
    """Python's name of a character set, None when it is empty or unknown."""
    plain = re.sub(r"[^a-z0-9]", "", (named or "")[:60].lower())
    candidates = [NAMES[plain]] if plain in NAMES else []
    candidates += [known.sub(codec, plain) for known, codec in FAMILIES if known.match(plain)]
    for candidate in (*candidates, (named or "").strip(" \t'\"")[:60], plain):
        try:
            found = codecs.lookup(candidate).name
        except (LookupError, ValueError):
            continue
        if found.startswith(TAKEN):
            return found
    return None


def _choices(body: bytes, named: str | None) -> Iterator[str]:
    """Codecs, the likeliest first."""
    yield from (codec for mark, codec in MARKS if body.startswith(mark))
    codec = codec_of(named)
    wide = _of_two_bytes(body)
    if codec in ("utf-16", "utf-32") or codec is None:
        # Nobody says which byte of two comes first, but the text shows it.
        yield from wide
    if codec in WESTERN:  # what senders name who name nothing
        yield "utf-8"
    if codec is not None:
        yield codec
    yield from USUAL


def _of_two_bytes(body: bytes) -> Iterator[str]:
    """UTF-16 by its first character, which is ASCII in JSON, XML and forms."""
    first = body[:2]
    if len(first) == 2 and first[0] and not first[1] and body[2:4] != b"\0\0":
        yield "utf-16-le"
    if len(first) == 2 and first[1] and not first[0]:
        yield "utf-16-be"
