"""Custom data: what Click2Call, the IVR, the dialer or the lead tracker attached to a call.

Its field is `CustomData`, `CUSTOM_DATA`, `customdata` or `Customdata`. It holds an object, a list
of objects, the empty list that PHP makes of an empty object, or JSON text. A form may have a field
for each key, `CustomData[key]`. Single fields `var_…`, `DoNotCallMe…`
and `IsDoNotCallMe` may stand beside it.
"""

from __future__ import annotations

import re

from leadtracker.domain import Json
from leadtracker.pbx.fields import FieldReader, plain

OF_A_FORM = re.compile(r"custom_?data(?:\[([^\]]+)\]|\.(.+))", re.IGNORECASE)
SINGLE_FIELDS = ("var_", "donotcallme", "isdonotcallme")


def custom_data(reader: FieldReader) -> Json:
    """All of it in one object, keys as sent. The object wins over a single field of that name."""
    names = reader.names()
    single = {name: reader.take(name) for name in names if name.lower().startswith(SINGLE_FIELDS)}
    for name in names:
        if part := OF_A_FORM.fullmatch(name):
            single[part[1] or part[2]] = reader.take(name)
    for name in names:
        if plain(name) == "customdata":
            for each in [reader.object(name), *reader.objects(name)]:
                single |= each
    return single
