"""When a request has arrived whole, so that no thread waits for the rest of it (RFC 9112)."""

from __future__ import annotations

import re

END_OF_HEADER = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n", re.IGNORECASE)
LONGEST_HEADER = 64 * 1024
LONGEST_LINE = 8 * 1024  # of a chunk's size
LONGEST_BODY = 5 * 1024 * 1024  # more than any route takes


class Arriving:
    """A request's bytes so far. What is broken or too long is handed on as it is: it is refused.

    `body_at` is 0 while the header arrives. `expects` is whether the sender waits for our word
    before it sends the body. `cut` is whether more may come than we wait for.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.body_at = 0
        self.expects = self.cut = False
        self._end = -1  # -1 while it is not known
        self._chunk_at = 0

    def add(self, part: bytes) -> bool:
        """Whether the request can be handed on now."""
        searched = max(0, len(self.data) - len(END_OF_HEADER))
        self.data += part
        if not self.body_at:
            end = self.data.find(END_OF_HEADER, searched)
            if end < 0:
                self.cut = len(self.data) > LONGEST_HEADER
                return self.cut
            self._read_header(end + len(END_OF_HEADER))
        if self._end < 0:
            self._end = self._end_of_chunks()
        return 0 <= self._end <= len(self.data)

    def _read_header(self, body_at: int) -> None:
        header = EXPECT.sub(b"", self.data[:body_at])
        self.expects = len(header) < body_at
        self.data[:body_at] = header
        self.body_at = self._chunk_at = len(header)
        if CHUNKED.search(header):
            return
        found = LENGTH.search(header)
        self._end = self.body_at
        if found:
            self.cut = int(found[1]) > LONGEST_BODY
            if not self.cut:
                self._end += int(found[1])

    def _end_of_chunks(self) -> int:
        """Where the last chunk and its trailers end; -1 when that is still to come."""
        while len(self.data) - self.body_at <= LONGEST_BODY:
            if self._chunk_at > len(self.data):
                return -1
            size = CHUNK_SIZE.match(self.data, self._chunk_at)
            if size is None:
                if b"\n" in self.data[self._chunk_at :]:
                    break
                return self._more_within(self._chunk_at, LONGEST_LINE)
            if int(size[1], 16) == 0:
                # An empty line ends the trailers, of which there may be none.
                end = self.data.find(END_OF_HEADER, size.end() - 2)
                if end >= 0:
                    return end + len(END_OF_HEADER)
                return self._more_within(size.end(), LONGEST_HEADER)
            self._chunk_at = size.end() + int(size[1], 16) + 2
        self.cut = True
        return 0

    def _more_within(self, start: int, longest: int) -> int:
        self.cut = len(self.data) - start > longest
        if self.cut:
            return 0
        return -1
