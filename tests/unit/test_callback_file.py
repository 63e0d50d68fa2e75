"""The callback table of the site file: what is kept, and every fault at once with what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback_rules.rules import Limits, rules_of
from leadtracker.callback_rules.table import read_options, read_table
from leadtracker.errors import SiteFault
from leadtracker.records.sites import Directory

FULL = """
[account.pbx]
secret = "secret-of-the-pbx-account"

[account.pbx.options]
code = "XXXX"
callback_limits = { minute = 9, hour = 90, day = 900 }
blocked = ["052-234-5678"]

[site.shop]
account_key = "pbx"

[site.shop.callback]
agents = ["SIPSIP", "login:1234", "SIPTRUNK"]
choose = "free"
countries = ["IL", "GB"]
holidays = ["2026-09-12"]
blocked = ["053-234-5678", "+44 20 7946 0958"]
ceiling = 9000
agent_price = 3
max_seconds = 600
fill_seconds = 1.5
campaign = "12345"
hours = { sun = ["09:00-13:00", "14:00-17:00"], fri = [] }
per_number = { minute = 1, hour = 1, day = 2 }
prices = { "+97252" = 9 }
dial = { record = true, language = "he", targetmaxdialtime = 45, var_campaign = "site" }
"""


def test_a_whole_table_is_kept_and_exported(engine: Engine) -> None:
    with Session(engine) as session:
        site_file.apply(session, FULL)
        session.commit()
    with Session(engine) as session:
        text = site_file.export(session)
        site_file.apply(session, text)
        assert site_file.export(session) == text
    directory = Directory(engine)
    rules = rules_of(directory.sites[0])
    assert rules.on
    assert rules.blocked == ("+972532345678", "+442079460958")
    assert rules.hours == {"sun": ("09:00-13:00", "14:00-17:00"), "fri": ()}
    assert (rules.per_number, rules.per_visitor) == (Limits(1, 1, 2), Limits(2, 5, 8))
    assert (rules.ceiling, rules.prices, rules.currency) == (9000, {"+97252": 9}, "ILS")
    assert rules.dial == {
        "record": True,
        "language": "he",
        "targetmaxdialtime": 45,
        "var_campaign": "site",
    }
    account = directory.account("pbx")
    assert account is not None
    assert account.options["blocked"] == ["+972522345678"]


def test_no_table_calls_nobody_back(engine: Engine) -> None:
    with Session(engine) as session:
        site_file.apply(session, "[site.shop]")
        session.commit()
    assert not rules_of(Directory(engine).sites[0]).on


def test_every_fault_at_once(engine: Engine) -> None:
    text = '[site.shop]\ncallback = { agents = "SIPSIP", ceiling = -1, color = "red" }'
    with Session(engine) as session, pytest.raises(SiteFault) as fault:
        site_file.apply(session, text)
    lines = str(fault.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("site shop: callback") for line in lines)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("{ recrod = true }", "recrod is no parameter of Click2Call."),
        ('{ record = "yes" }', "record must be true or false."),
        ("{ ignoredncstatus = 4 }", "ignoredncstatus must be 1, 2 or 3."),
        ('{ Code = "x" }', "'Code' is set by Leadtracker"),
        (
            "{ maxduration = 9 }",
            "'maxduration' is set by Leadtracker; take it out, and set max_seconds",
        ),
        (
            "{ " + ", ".join(f'var_{n} = "x"' for n in range(9)) + " }",
            "8 can be taken beside our own",
        ),
    ],
)
def test_parameters_are_the_pbxs_own(engine: Engine, parameters: str, told: str) -> None:
    account = '[account.pbx]\nsecret = "secret-of-sixteen"\n'
    text = (
        f'{account}[site.shop]\naccount_key = "pbx"\ncallback = '
        f'{{ agents = ["A"], dial = {parameters} }}'
    )
    with Session(engine) as session, pytest.raises(SiteFault, match=re.escape(told)):
        site_file.apply(session, text)


def test_parameters_for_a_pbx_that_does_not_dial(engine: Engine) -> None:
    account = '[account.pbx]\nvendor = "while1"\nsecret = "secret-of-sixteen"\n'
    text = (
        f'{account}[site.shop]\naccount_key = "pbx"\ncallback = '
        f'{{ agents = ["A"], dial = {{ record = true }} }}'
    )
    with (
        Session(engine) as session,
        pytest.raises(SiteFault, match="While1 cannot be asked to call"),
    ):
        site_file.apply(session, text)


def test_a_currency_of_its_own_needs_prices_of_its_own(engine: Engine) -> None:
    with Session(engine) as session:
        site_file.apply(session, '[site.shop]\ncallback = { agents = ["A"] }')
        with pytest.raises(SiteFault, match=r"callback\.prices is needed"):
            site_file.apply(session, '[site.shop]\ncurrency = "EUR"')
        site_file.apply(
            session,
            '[site.shop]\ncurrency = "EUR"\ncallback = { agents = ["A"], prices = { "+40" = 2 } }',
        )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([], "callback must be a table"),
        ({"color": 1}, "callback has no key 'color'; it has agents, choose"),
        ({"currency": "EUR"}, "callback has no key 'currency'"),
        ({"agents": ["SIP;SIP"]}, "callback.agents 'SIP;SIP' is neither an extension"),
        ({"agents": ["A", "A"]}, "names an extension twice"),
        ({"agents": [1]}, "callback.agents must be a list of texts"),
        ({"choose": "random"}, "must be one of in order, round robin, free"),
        ({"countries": ["il"]}, "'il' is not two capital letters"),
        ({"countries": ["001"]}, "'001' is not two capital letters"),
        ({"hours": {"sunday": ["09:00-17:00"]}}, "has no day 'sunday'; days are mon"),
        ({"hours": {"sun": "09:00-17:00"}}, "sun must be a list"),
        (
            {"hours": {"sun": ["22:00-02:00"]}},
            "'22:00-02:00' is not like 09:00-17:00; split at midnight",
        ),
        ({"hours": {"sun": []}}, "never open"),
        ({"hours": []}, "callback.hours must be a table"),
        ({"holidays": ["12.9.2026"]}, "'12.9.2026' is not a day such as"),
        ({"holidays": ["20260912"]}, "'20260912' is not a day such as"),
        ({"blocked": ["Dana"]}, "'Dana' is not a telephone number in IL"),
        ({"blocked": "0522345678"}, "callback.blocked must be a list"),
        ({"per_site": {"minute": 1}}, "callback.per_site must be like { minute = 1"),
        ({"per_site": {"minute": 1, "hour": True, "day": -1}}, "day must be a whole number"),
        ({"ceiling": "5000"}, "callback.ceiling must be minor units a day"),
        ({"ceiling": True}, "callback.ceiling must be minor units a day"),
        ({"prices": {"972": 1}}, "'972' is not the beginning of an international number"),
        ({"prices": {"+972": 1.5}}, "a price is a whole number of minor units"),
        ({"prices": {"+972": -1}}, "a price is a whole number of minor units"),
        ({"agent_price": None}, "callback.agent_price must be minor units"),
        ({"max_seconds": 0}, "callback.max_seconds must be seconds, a whole number of 30 to 7200"),
        ({"fill_seconds": -1}, "callback.fill_seconds must be seconds"),
        ({"dial": {"record": []}}, "'record' must be a text"),
        ({"campaign": 7}, "callback.campaign must be a text"),
    ],
)
def test_faults(table: Any, told: str) -> None:
    _, faults = read_table("site shop", table, "IL", "ILS")
    assert any(told in fault for fault in faults), faults
    assert all(fault.startswith("site shop: ") for fault in faults)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"blocked": ["x"]}, "options.blocked: 'x' is not a telephone number"),
        ({"blocked": "x"}, "options.blocked must be a list"),
        (
            {"callback_limits": {"minute": 1, "hour": 1, "day": "1"}},
            "options.callback_limits day must be",
        ),
        ([], "options must be a table"),
    ],
)
def test_faults_of_an_accounts_options(options: Any, told: str) -> None:
    _, faults = read_options("account pbx", options, "IL")
    assert len(faults) == 1
    assert told in faults[0]
