"""A body without its compression, so that what is kept can be read by people and programs."""

from __future__ import annotations

import zlib

from leadtracker.errors import TooLarge

GZIP_MARK = b"\x1f\x8b"  # no text begins so
GZIP, ZLIB, RAW = 31, 15, -15  # what zlib calls them
MOST_ENCODINGS = 3


def unpack(body: bytes, encodings: str, longest: int) -> bytes:
    """The body as it was before it was compressed; as it came where it cannot be unpacked.

    `encodings` is the header Content-Encoding. Senders and proxies forget it, and leave it when
    they have unpacked a body, so gzip is known by its mark. Raises TooLarge.
    """
    named = [name.strip().lower() for name in encodings.split(",") if name.strip()]
    for name in [*reversed(named[-MOST_ENCODINGS:]), ""]:
        formats: tuple[int, ...] = ()
        if name == "deflate":
            formats = (ZLIB, RAW)
        if body.startswith(GZIP_MARK):
            formats = (GZIP,)
        for compression in formats:
            try:
                body = _inflate(body, compression, longest)
                break
            except zlib.error:
                continue
    return body


def _inflate(body: bytes, compression: int, longest: int) -> bytes:
    """Raises zlib.error, and TooLarge before more than `longest` is in memory."""
    unpacked = b""
    while body:
        parts = zlib.decompressobj(compression)
        unpacked += parts.decompress(body, longest + 1 - len(unpacked))
        if len(unpacked) > longest:
            raise TooLarge(f"the unpacked body has more than {longest} bytes")
        if not parts.eof:
            raise zlib.error("the body is cut off")
        body = parts.unused_data if compression == GZIP else b""
        if not body.startswith(GZIP_MARK):
            break
    return unpacked
