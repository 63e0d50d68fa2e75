"""The PBX vendors Leadtracker knows; a new one is a folder and a line here."""

from __future__ import annotations

from leadtracker.pbx import voicenter, while1
from leadtracker.pbx.vendor import Vendor

VENDORS: dict[str, Vendor] = {vendor.name: vendor for vendor in (voicenter.VENDOR, while1.VENDOR)}
DEFAULT_VENDOR = voicenter.VENDOR.name
