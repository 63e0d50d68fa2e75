"""Bodies are unpacked before they are kept, and never to more than may be kept."""

from __future__ import annotations

import functools
import gzip
import zlib

import pytest

from leadtracker.errors import TooLarge
from leadtracker.pbx.compressed import unpack

BODY = b'{"ivruniqueid": "c1"}'
gzipped = functools.partial(gzip.compress, mtime=0)  # the same names of tests in each process
RAW = zlib.compress(BODY, wbits=-15)


@pytest.mark.parametrize(
    ("encodings", "body", "unpacked"),
    [
        ("", BODY, BODY),
        ("identity", BODY, BODY),
        ("gzip", gzipped(BODY), BODY),
        ("GZIP", gzipped(BODY), BODY),
        ("x-gzip", gzipped(BODY), BODY),
        ("", gzipped(BODY), BODY),  # the sender forgot to say so
        ("gzip", BODY, BODY),  # a proxy unpacked it
        ("gzip", gzipped(BODY[:5]) + gzipped(BODY[5:]), BODY),
        ("deflate", zlib.compress(BODY), BODY),
        ("deflate", RAW, BODY),
        ("deflate", BODY, BODY),
        ("deflate, gzip", gzipped(zlib.compress(BODY)), BODY),
        ("gzip, gzip", gzipped(gzipped(BODY)), BODY),
        ("gzip", b"", b""),
        # Kept as it came, for a later version.
        ("br", b"\x0b\x02", b"\x0b\x02"),
        ("gzip", gzipped(BODY)[:-9], gzipped(BODY)[:-9]),
        ("gzip", b"\x1f\x8bnone", b"\x1f\x8bnone"),
    ],
)
def test_unpack(encodings: str, body: bytes, unpacked: bytes) -> None:
    assert unpack(body, encodings, 100) == unpacked


@pytest.mark.parametrize(
    ("encodings", "body"),
    [
        ("gzip", gzipped(b"0" * 101)),
        ("gzip", gzipped(b"0" * 60) * 2),
        ("deflate", zlib.compress(b"0" * 10_000_000)),
        ("gzip, gzip", gzipped(gzipped(b"0" * 10_000))),
    ],
)
def test_a_bomb_is_too_large(encodings: str, body: bytes) -> None:
    assert unpack(gzipped(b"0" * 100), "gzip", 100) == b"0" * 100
    with pytest.raises(TooLarge):
        unpack(body, encodings, 100)
