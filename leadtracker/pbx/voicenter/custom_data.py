"""Custom data: what Click2Call, the IVR, the dialer or the lead tracker attached to a call.

It comes as `CustomData`, `CUSTOM_DATA`, `customdata` or `Customdata`; as object, as the empty list that PHP makes of
an empty object, or as JSON text; and as single fields `var_…`, `DoNotCallMe…`, `IsDoNotCallMe` beside the others.
"""

from __future__ import annotations

from leadtracker.domain import Json
from leadtracker.pbx.fields import FieldReader, plain

SINGLE_FIELDS = ("var_", "donotcallme", "isdonotcallme")


def custom_data(reader: FieldReader) -> Json:
    """All of it in one object, keys as sent; the object counts more than a single field of the same name."""
    names = reader.names()
    single = {name: reader.take(name) for name in names if name.lower().startswith(SINGLE_FIELDS)}
    for name in names:
        if plain(name) == "customdata":
            single |= reader.object(name)
    return single
