"""Behind a proxy an address comes in many spellings;
each place that asks for it reads all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.errors import SiteFault
from leadtracker.numbers.regions import Regions
from leadtracker.records.users import add_user
from tests import geoip_database
from tests.callback_road import ORIGIN, Road
from tests.dashboard_rows import OURS, PASSWORD

CDR = "/pbx/pbx/secret-of-the-pbx-account/cdr"
OF_192_0_2_7 = ["192.0.2.7", "192.0.2.7:51008", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:443"]
GARBAGE = ["unknown", "_hidden", "192.0.2.999", "[]:443"]


@pytest.fixture
def proxied(app_with: Callable[..., Flask], engine: Engine, quick_hashes: None) -> FlaskClient:
    """A client of a server behind one proxy, whose X-Forwarded-For is believed."""
    add_user(engine, "admin", PASSWORD)
    return app_with(trusted_proxies=1).test_client()


def log_in(client: FlaskClient, address: str, password: str = PASSWORD) -> int:
    return client.post(
        "/login",
        data={"name": "admin", "password": password},
        headers=OURS | {"X-Forwarded-For": address},
    ).status_code


@pytest.mark.parametrize("address", [*OF_192_0_2_7, "[2001:db8::1]:443", "fe80::1%eth0", *GARBAGE])
def test_the_login_takes_every_spelling(proxied: FlaskClient, address: str) -> None:
    assert log_in(proxied, address) == 302


def test_spellings_of_one_address_share_a_limit(proxied: FlaskClient) -> None:
    spellings = [OF_192_0_2_7[number % 4] for number in range(11)]
    answers = [log_in(proxied, address, "wrong") for address in spellings]
    assert answers == [401] * 10 + [429]
    assert log_in(proxied, "::ffff:192.0.2.8") == 302


def test_garbage_shares_a_limit_of_its_own(proxied: FlaskClient) -> None:
    spellings = [GARBAGE[number % 4] for number in range(11)]
    answers = [log_in(proxied, address, "wrong") for address in spellings]
    assert answers == [401] * 10 + [429]
    assert log_in(proxied, "192.0.2.7") == 302


@pytest.mark.parametrize(
    ("address", "status"),
    [
        *((address, 200) for address in OF_192_0_2_7),
        *((address, 403) for address in (*GARBAGE, "198.51.100.7:443", "[2001:db8::1]:443")),
    ],
)
def test_a_pbx_on_the_list_is_heard(
    proxied: FlaskClient, engine: Engine, address: str, status: int
) -> None:
    with Session(engine) as session:
        site_file.save_account(session, "pbx", {"allowed_addresses": ["192.0.2.0/24"]})
        session.commit()
    proxied.application.extensions["leadtracker"].directory._next_check = 0
    proxied.application.extensions["leadtracker"].directory.refresh()
    answer = proxied.post(CDR, json={}, headers={"X-Forwarded-For": address})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("192.0.2.7", 403)]
    + [(address, 403) for address in GARBAGE],
)
def test_metrics_are_for_this_machine(visitor: FlaskClient, address: str, status: int) -> None:
    answer = visitor.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_callbacks_of_one_address_share_a_limit(road: Road) -> None:
    def ask(phone: str, address: str) -> int:
        form = {"leadtracker_token": "shop-token", "phone": phone, "name": "Dana", "website": ""}
        return (
            road.app.test_client()
            .post(
                "/callback",
                data=form,
                headers={"Origin": ORIGIN, "User-Agent": "Firefox"},
                environ_overrides={"REMOTE_ADDR": address},
            )
            .status_code
        )

    assert ask("054-321-6541", "192.0.2.7:51008") == 303
    assert ask("054-321-6542", "::ffff:192.0.2.7") == 422
    assert ask("054-321-6543", "::ffff:192.0.2.8") == 303
    assert ask("054-321-6544", "unknown") == 303
    assert ask("054-321-6545", "_hidden") == 422
    road.settle()


@pytest.mark.parametrize("network", ["unknown", "192.0.2.7:443", "[2001:db8::1]", 5])
def test_the_site_file_refuses_what_is_no_network(engine: Engine, network: object) -> None:
    with Session(engine) as session, pytest.raises(SiteFault, match="is not an IP address or"):
        site_file.save_account(session, "new", {"allowed_addresses": [network]})


@pytest.mark.parametrize(
    ("address", "region"),
    [*((address, "IL-2") for address in OF_192_0_2_7), *((address, "") for address in GARBAGE)],
)
def test_the_region_of_every_spelling(tmp_path: Path, address: str, region: str) -> None:
    network = {
        "192.0.2.0/24": {"country": {"iso_code": "IL"}, "subdivisions": [{"iso_code": "JM"}]}
    }
    database = geoip_database.write(tmp_path / "city.mmdb", network)
    assert Regions(database).of_address(address) == region
