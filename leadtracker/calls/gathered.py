"""A call while it is read: all that was heard of it, and what of that need not be read again."""

from __future__ import annotations

from dataclasses import dataclass, field

from leadtracker.calls import call_record
from leadtracker.calls.call_record import Heard
from leadtracker.domain import Account
from leadtracker.records.tables import CallRow, InboxRow

# Of one call. A usual call has 2 to 10 notifications of 1 KB, and a transcript of up to 1 MB.
MANY_HEARD = 64
MANY_BYTES = 2 * 1024 * 1024


@dataclass(slots=True)
class Gathered:
    """A call that some notifications of this batch belong to."""

    account: Account
    call_id: str
    named: bool
    row: CallRow | None
    heard: list[Heard] = field(default_factory=list)
    inbox: list[InboxRow] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)  # in the inbox, of each of `heard`
    _bytes: int = 0

    def hear(self, received: InboxRow, heard: Heard) -> None:
        self.heard.append(heard)
        self._numbers.append(received.id)
        self._bytes += len(received.body) + len(received.query)

    def spare(self) -> list[int]:
        """The notifications that need not be read again for this call. Few calls have any.

        So each of ten thousand notifications of one call costs as much as one of a hundred.
        """
        if len(self.heard) <= MANY_HEARD and self._bytes <= MANY_BYTES:
            return []
        telling = {id(one) for one in call_record.telling(self.heard)}
        numbered = zip(self._numbers, self.heard, strict=True)
        return [number for number, one in numbered if id(one) not in telling]
