"""The region of a visitor's address and of a caller's number: `IL-3` (a dialing area) or `US`."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import Any, cast

import maxminddb
import phonenumbers

from leadtracker.address import read
from leadtracker.errors import SettingsError

SUBDIVISIONS = MappingProxyType(
    {  # ISO 3166-2 -> dialing area
        "IL-JM": "IL-2",
        "IL-TA": "IL-3",
        "IL-M": "IL-3",
        "IL-HA": "IL-4",
        "IL-Z": "IL-4",
        "IL-D": "IL-8",
    }
)
DIALED = MappingProxyType(
    {  # 09, the Sharon, lies in IL-M
        "+9722": "IL-2",
        "+9723": "IL-3",
        "+9729": "IL-3",
        "+9724": "IL-4",
        "+9728": "IL-8",
    }
)
DIVIDED = ("IL",)  # countries known by area; without an area they tell nothing


class Regions:
    """Finds addresses in a GeoIP database of MaxMind's format, country or city.

    Without a database no address is known.
    """

    def __init__(self, database: str) -> None:
        """`database` is a path, or '' for none. Raises SettingsError."""
        self._reader: maxminddb.Reader | None = None
        if database:
            try:
                self._reader = maxminddb.open_database(database)
            except (OSError, maxminddb.InvalidDatabaseError) as fault:
                raise SettingsError(
                    f"LEADTRACKER_GEOIP_DATABASE: {database} cannot be read: {fault}"
                ) from fault

    def of_address(self, address: str) -> str:
        """Of a client's address in any spelling; '' when it is not known."""
        ip = read(address)
        if self._reader is None or ip is None:
            return ""
        try:
            record = cast("dict[str, Any] | None", self._reader.get(ip)) or {}
        except ValueError:  # an IPv6 address, and the database knows only IPv4
            return ""
        country = str(record.get("country", {}).get("iso_code", ""))
        for subdivision in record.get("subdivisions", ()):
            if area := SUBDIVISIONS.get(f"{country}-{subdivision.get('iso_code')}"):
                return area
        if country in DIVIDED:
            return ""
        return country


@functools.lru_cache(maxsize=65536)
def of_number(e164: str) -> str:
    """Of a caller's number; '' for one that says nothing of a place, such as an Israeli mobile."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return ""
    country = phonenumbers.region_code_for_number(number) or ""
    if country in DIVIDED:
        return DIALED.get(e164[:5], "")
    if len(country) != 2 or not country.isalpha():  # 001 and the like are no country
        return ""
    return country
