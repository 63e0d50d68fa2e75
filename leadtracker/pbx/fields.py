"""Reading loosely typed fields: names in any case, numbers as text, many ways to say "none"."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, TypeVar

from leadtracker import phone
from leadtracker.domain import Json
from leadtracker.errors import BadPayload
from leadtracker.pbx import wire
from leadtracker.pbx.vendor import Fields

T = TypeVar("T")
LONGEST_NAME = 255  # of what identifies a record: an index holds it
EXACT_FLOATS = 2**53
LONGEST_NUMBER = 64  # of a telephone number or what stands in its place
MOST_SECONDS = 2**31 - 1  # what an integer column holds
WITHHELD = (
    "anonymous",
    "blocked",
    "private",
    "restricted",
    "unavailable",
    "unknown",
    "withheld",
    "חסוי",
)


def plain(name: str) -> str:
    """A name without case and underscores: vendors spell the same field in several ways."""
    return name.replace("_", "").lower()


class FieldReader:
    """Reads fields by name and remembers which it understood. `left()` has the others, as received.

    A value that is not of the kind asked for counts as absent, so it stays in `left()`.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._understood: set[str] = set()

    def raw(self, name: str) -> Any:
        return self._fields.get(self._sent(name))

    def left(self) -> Json:
        return {name: value for name, value in self._fields.items() if name not in self._understood}

    def names(self) -> list[str]:
        """All names as sent: two may differ in nothing but case."""
        return list(self._fields)

    def take(self, name: str) -> Any:
        """The value as received, whatever it is."""
        self._understand(name)
        return self.raw(name)

    def required(self, name: str) -> str:
        """A text that identifies the record; raises BadPayload."""
        value = self.text(name)
        if not value:
            raise BadPayload(f"The field {name} is missing, empty or not a text.")
        if len(value) > LONGEST_NAME:
            length = len(value)
            raise BadPayload(f"The field {name} has {length} characters; {LONGEST_NAME} are taken.")
        return value

    def text(self, name: str) -> str:
        value = self.raw(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            self._understand(name)
            return str(value).strip()
        return self._absent(name, value, "")

    def whole(self, name: str, most: int = 2**53) -> int | None:
        """A whole number without its fraction; None when absent or further from 0 than `most`."""
        number = self.decimal(name, most)
        if number is None:
            return None
        return int(number)

    def seconds(self, name: str) -> int | None:
        """A duration; a negative one counts as absent."""
        number = as_number(self.raw(name))
        if number is not None and number < 0:
            return None
        return self.whole(name, MOST_SECONDS)

    def decimal(self, name: str, most: int = MOST_SECONDS) -> Decimal | None:
        value = self.raw(name)
        number = as_number(value)
        if number is None or not -most <= number <= most:
            return self._absent(name, value, None)
        self._understand(name)
        return number

    def truth(self, name: str) -> bool | None:
        """True, 1, "1", "true", "yes" and their opposites; None when absent."""
        value = self.raw(name)
        word = value
        if isinstance(value, str):
            word = value.strip().lower()
        for truth, words in ((True, ("true", "yes", "1", 1)), (False, ("false", "no", "0", 0))):
            if word in words:
                self._understand(name)
                return truth
        return self._absent(name, value, None)

    def number(self, name: str, country: str) -> str | None:
        """A telephone number in E.164; as received when it is none. None when empty or withheld."""
        value = self.raw(name)
        if len(str(value)) > LONGEST_NUMBER:
            return None
        if isinstance(value, str) and plain(value.strip()) in WITHHELD:
            return None
        text = self.text(name)
        if isinstance(value, float) and not _is_exact(value):
            return text
        return phone.heard(text, country) or text or None

    def url(self, name: str) -> str:
        """A web address; anything else counts as absent."""
        value = self.raw(name)
        if isinstance(value, str) and value.strip().lower().startswith(("https://", "http://")):
            return self.text(name)
        return self._absent(name, value, "")

    def object(self, name: str) -> Json:
        """An object, given as such or as JSON text; empty when absent."""
        value = self._structure(name)
        if isinstance(value, dict):
            self._understand(name)
            return value
        return self._absent(name, value, {})

    def objects(self, name: str) -> list[Json]:
        """A list of objects, given as such or as JSON text; empty when absent."""
        value = self._structure(name)
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            self._understand(name)
            return value
        return self._absent(name, value, [])

    def _structure(self, name: str) -> Any:
        """Some systems write JSON as text in JSON text."""
        value = self.raw(name)
        for _ in range(2):
            if not isinstance(value, str) or not value.strip():
                return value
            try:
                value = wire.read_text(value)
            except BadPayload:
                return value
        return value

    @cached_property
    def _names(self) -> dict[str, str]:
        return {plain(name): name for name in self._fields}

    def _sent(self, name: str) -> str:
        if name in self._fields:
            return name
        return self._names.get(plain(name), name)

    def _understand(self, name: str) -> None:
        self._understood.add(self._sent(name))

    def _absent(self, name: str, value: Any, instead: T) -> T:
        """A way to say "none" counts as understood; anything else does not."""
        if value in (None, "", [], {}):
            self._understand(name)
        return instead


def _is_exact(number: float) -> bool:
    """Whether a number sent as a float has all its digits: one that was rounded ends with a 0."""
    return number.is_integer() and number % 10 != 0 and abs(number) < EXACT_FLOATS


def as_number(value: Any) -> Decimal | None:
    """A finite number given as number or text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > 40:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return number
