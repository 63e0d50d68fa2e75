"""When a request is whole, in whatever parts it arrives."""

from __future__ import annotations

import pytest

from leadtracker.running import whole_request
from leadtracker.running.whole_request import Arriving

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = [
    b"GET / HTTP/1.1\r\n\r\n",
    POST + b"\r\n",
    POST + b"Content-Length: 0\r\n\r\n",
    POST + b"content-length:5\r\n\r\nhello",
    POST + b"Content-Length: 4 \r\n\r\n\r\n\r\n",
    CHUNKED + b"0\r\n\r\n",
    CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
    CHUNKED + b"5;name=value\r\nhello\r\nA \r\n0123456789\r\n0\r\n\r\n",
    CHUNKED + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n",  # the chunk itself looks like an end
    CHUNKED + b"0\r\nTrailer: value\r\nAnother: value\r\n\r\n",
    POST + b"Content-Length: 3\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("request_", WHOLE)
def test_it_is_whole_with_its_last_byte_and_not_before(request_: bytes) -> None:
    assert Arriving().add(request_)
    by_bytes = Arriving()
    assert [by_bytes.add(request_[at : at + 1]) for at in range(len(request_))] == [
        *[False] * (len(request_) - 1),
        True,
    ]
    assert by_bytes.data == request_
    assert not by_bytes.cut


@pytest.mark.parametrize(
    "request_",
    [
        CHUNKED + b"xyz\r\n",
        CHUNKED + b"\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"5\r\nhello, world\r\n",
        CHUNKED + b"x" * 9000,
        CHUNKED + b"0\r\n" + b"x" * 70000,
        b"x" * 70000,
        CHUNKED + b"fffffffffffffff\r\n" + b"x" * (whole_request.LONGEST_BODY + 1),
        CHUNKED + b"1\r\nx\r\n" * (whole_request.LONGEST_BODY // 6 + 1),
        POST + b"Content-Length: %d\r\n\r\n" % (whole_request.LONGEST_BODY + 1),
        POST + b"Content-Length: 99999999999999999\r\n\r\n",
    ],
    ids=lambda request_: repr(request_[-20:]),
)
def test_what_is_broken_or_too_long_is_not_waited_for(request_: bytes) -> None:
    arriving = Arriving()
    assert arriving.add(request_)
    assert arriving.cut


@pytest.mark.parametrize("length", [b"x", b"-1", b"5, 5", b"0x5", b"99999999999999999999999"])
def test_a_length_that_is_none_is_left_to_the_server_to_refuse(length: bytes) -> None:
    assert Arriving().add(POST + b"Content-Length: " + length + b"\r\n\r\n")


def test_whoever_waits_for_our_word_is_known_and_needs_no_other() -> None:
    arriving = Arriving()
    assert not arriving.add(POST + b"EXPECT: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert arriving.expects
    assert arriving.add(b"ok")
    assert arriving.data == POST + b"Content-Length: 2\r\n\r\nok"
