"""The area of an address and the area of a number are said in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadtracker.errors import SettingsError
from leadtracker.numbers import regions
from leadtracker.numbers.regions import Regions
from tests import geoip_database


def _record(country: str, *subdivisions: str) -> dict[str, object]:
    return {
        "country": {"iso_code": country},
        "subdivisions": [{"iso_code": code} for code in subdivisions],
    }


NETWORKS = {
    "192.0.2.0/28": _record("IL", "JM"),
    "192.0.2.16/28": _record("IL", "TA"),
    "192.0.2.32/28": _record("IL", "M"),
    "192.0.2.48/28": _record("IL", "HA"),
    "192.0.2.64/28": _record("IL", "Z"),
    "192.0.2.80/28": _record("IL", "D"),
    "192.0.2.96/28": _record("IL"),
    "198.51.100.0/24": _record("RO", "TM"),
    "203.0.113.0/24": {},
}


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("192.0.2.1", "IL-2"),
        ("192.0.2.17", "IL-3"),
        ("192.0.2.33", "IL-3"),
        ("192.0.2.49", "IL-4"),
        ("192.0.2.65", "IL-4"),
        ("192.0.2.81", "IL-8"),
        ("192.0.2.97", ""),
        ("198.51.100.7", "RO"),
        ("203.0.113.1", ""),
        ("10.0.0.1", ""),
        ("no address", ""),
        ("", ""),
        ("2001:db8::1", ""),
    ],
)
def test_of_an_address(tmp_path: Path, address: str, region: str) -> None:
    assert (
        Regions(geoip_database.write(tmp_path / "city.mmdb", NETWORKS)).of_address(address)
        == region
    )


def test_without_a_database_nothing_is_known() -> None:
    assert Regions("").of_address("192.0.2.1") == ""


def test_a_file_that_is_no_database_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / "city.mmdb").write_text("no database")
    with pytest.raises(
        SettingsError, match=r"LEADTRACKER_GEOIP_DATABASE: .*city.mmdb cannot be read"
    ):
        Regions(str(tmp_path / "city.mmdb"))


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+97226241234", "IL-2"),
        ("+97235551234", "IL-3"),
        ("+97297401234", "IL-3"),
        ("+97248671234", "IL-4"),
        ("+97286231234", "IL-8"),
        ("+972541234567", ""),
        ("+972722776772", ""),
        ("+40213110001", "RO"),
        ("+12125550123", "US"),
        ("+80012345678", ""),
        ("Anonymous", ""),
        ("", ""),
    ],
)
def test_of_a_number(number: str, region: str) -> None:
    assert regions.of_number(number) == region
