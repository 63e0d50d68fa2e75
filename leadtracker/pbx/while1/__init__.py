"""While1 Voice, a PBX of Romania; README.md says what it sends and what we answer."""

from __future__ import annotations

from leadtracker.pbx.vendor import Vendor
from leadtracker.pbx.while1.caller_data import CALLER_DATA
from leadtracker.pbx.while1.events import EVENTS

VENDOR = Vendor(name="while1", title="While1", families=(CALLER_DATA, EVENTS))
