"""A PBX that can only dial: whoever wants more of it says so, and goes on without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback.dialing import Dialing, clicking
from leadtracker.callback.sweeps import CallbackSweeps
from leadtracker.callback_rules.course import State
from leadtracker.cli import main
from leadtracker.domain import Account
from leadtracker.errors import BadRequest, SiteFault
from leadtracker.pbx import VENDORS
from leadtracker.pbx.dialing import Answer, Dial, Dialed
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.running.doctor import Finding, findings
from leadtracker.web.stores import Stores
from tests.callback_road import RULES, callback_row, save
from tests.dashboard_rows import NOW

LATER = NOW + timedelta(hours=1)


@dataclass
class OnlyDials:
    asked: list[str] = field(default_factory=list)

    def dial(self, account: Account, dial: Dial) -> Dialed:
        self.asked.append(dial.agent)
        return Dialed(Answer.ACCEPTED, "call-1")


class CannotDial:
    def hang_up(self, account: Account, agent: str) -> Dialed:
        return Dialed(Answer.ACCEPTED)


def offer(monkeypatch: pytest.MonkeyPatch, click: Any) -> None:
    """The vendor of the account `pbx` has these abilities from now on."""
    vendor = dataclasses.replace(VENDORS["voicenter"], click_to_call=click)
    monkeypatch.setitem(VENDORS, "voicenter", vendor)


@pytest.fixture
def pbx(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> OnlyDials:
    """Rules were saved while the PBX could do all of it."""
    wishes = {"campaign": "1234", "choose": "free"}
    save(stores.engine, stores, RULES | wishes, {"code": "c"})
    only_dials = OnlyDials()
    offer(monkeypatch, only_dials)
    return only_dials


def dial(stores: Stores, **more: Any) -> CallbackRow:
    """Dial a received request; how it stands then."""
    row = callback_row(1, state="received", agent="", spent=None, settled=False, **more)
    with Session(stores.engine, expire_on_commit=False) as session:
        session.add(row)
        session.commit()
    dialing = Dialing(stores.engine, stores.live, stores.directory, 1)
    dialing._dial(row.pk, State.RECEIVED)
    dialing.stop()
    with Session(stores.engine) as session:
        return session.scalars(select(CallbackRow)).one()


def told(stores: Stores) -> Sequence[Finding]:
    found = findings(stores.settings, stores.engine, stores.live)
    return [one for one in found if one.what.startswith("site shop: ")]


def test_who_is_free_is_not_asked(stores: Stores, pbx: OnlyDials) -> None:
    row = dial(stores)
    assert (row.state, pbx.asked) == ("dialling", ["WalterSIP"])


def test_a_call_for_later_is_not_left_to_a_campaign(stores: Stores, pbx: OnlyDials) -> None:
    row = dial(stores, due_at=LATER)
    assert (row.state, row.campaign, row.dialled_at) == ("scheduled", "", None)
    assert row.message == "the PBX has no campaigns"
    assert pbx.asked == []


def test_a_call_cannot_be_ended(stores: Stores, pbx: OnlyDials) -> None:
    row = dial(stores)
    dialing = Dialing(stores.engine, stores.live, stores.directory, 1)
    with pytest.raises(BadRequest, match="the site's PBX cannot be asked to end a call"):
        dialing.hang_up(row.pk)
    dialing.stop()


def test_a_call_without_a_cdr_stays_unknown(stores: Stores, pbx: OnlyDials) -> None:
    row = dial(stores)
    sweeps = CallbackSweeps(stores.engine, stores.live, stores.directory)
    assert sweeps._legs(row, NOW) == ()
    sweeps.stop()


def test_the_doctor_says_what_the_pbx_cannot_do(stores: Stores, pbx: OnlyDials) -> None:
    said = [finding.what for finding in told(stores) if not finding.well]
    for wanted in (
        "site shop: its PBX has no campaigns, so callbacks wait for the next opening",
        "site shop: its PBX cannot say who is free, so agents are tried in turn",
        (
            "site shop: its PBX keeps no log of calls, so a callback whose CDR is lost has "
            "no known end"
        ),
    ):
        assert wanted in said


def test_the_doctor_says_nothing_of_a_pbx_that_can_do_all(stores: Stores) -> None:
    save(stores.engine, stores, RULES | {"campaign": "1", "choose": "free"}, {"code": "c"})
    assert [finding.what for finding in told(stores) if "its PBX" in finding.what] == []


def test_the_doctor_says_which_option_is_missing(stores: Stores) -> None:
    save(stores.engine, stores, RULES, {})
    (finding,) = [one for one in told(stores) if "visitors cannot be called back" in one.what]
    assert finding.do.startswith("the account pbx needs its API code: options.code")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"campaign": "1"}, "callback.campaign: no call can be left to Voicenter"),
        ({"choose": "free"}, "callback.choose: Voicenter cannot say who is free"),
        ({"dial": {"record": True}}, "callback.dial: Voicenter takes no parameters"),
    ],
)
def test_a_sites_file_asks_for_no_more(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], fault: str
) -> None:
    offer(monkeypatch, OnlyDials())
    with Session(stores.engine) as session:
        site_file.save_site(session, "shop", {"callback": RULES})
        with pytest.raises(SiteFault, match=fault):
            site_file.save_site(session, "shop", {"callback": RULES | table})


def test_an_account_of_another_pbx_is_judged_by_the_table_there_is(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(stores.engine) as session:
        site_file.save_site(session, "shop", {"callback": RULES | {"dial": {"record": True}}})
        with pytest.raises(SiteFault, match="While1 cannot be asked to call"):
            site_file.save_site(session, "shop", {"account_key": "bucharest"})


def test_a_pbx_that_cannot_dial_calls_nobody_back(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(stores.engine, stores, RULES, {"code": "c"})
    offer(monkeypatch, CannotDial())
    (site,) = [site for site in stores.directory.sites if site.name == "shop"]
    assert clicking(stores.directory, site) is None
    assert "site shop: its PBX cannot be asked to call back" in [one.what for one in told(stores)]


def test_numbers_cannot_be_blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADTRACKER_DATA_FOLDER", str(tmp_path))
    CliRunner().invoke(main, ["account", "add", "pbx", "--vendor", "voicenter"])
    offer(monkeypatch, OnlyDials())
    result = CliRunner().invoke(main, ["pbx", "block", "pbx", "0501234567"])
    assert result.exit_code == 1
    assert "no PBX account 'pbx' that can be told whom not to call" in result.output
