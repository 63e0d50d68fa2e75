"""Programs' keys and plans, as SQL keeps them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.errors import BadRequest
from leadtracker.records import api_keys, plans
from leadtracker.records.callback_tables import ApiKeyRow
from leadtracker.records.tables import UserRow
from leadtracker.records.users import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    User,
    add_user,
    change_password,
    user_by_login,
    user_by_password,
)
from tests.plan_rows import some_plan

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_keys_are_of_their_site(app: Flask, engine: Engine) -> None:
    with Session(engine) as session:
        mine, second, other = (
            api_keys.add(session, site, name) for site, name in ((1, "a"), (1, "b"), (2, "a"))
        )
        session.commit()
        assert [api_keys.site_of(session, key) for key in (mine, second, other)] == [1, 1, 2]
        assert [
            api_keys.site_of(session, key) for key in ("", "lt_", mine[:-1], mine.lower() + "x")
        ] == [None] * 4
        assert {row.digest for row in api_keys.of_site(session, 1)} == {
            hashlib.sha256(key.encode()).hexdigest() for key in (mine, second)
        }
    assert all(key.startswith("lt_") for key in (mine, second, other))
    assert len({mine, second, other}) == 3
    assert min(map(len, (mine, second, other))) >= 40


def test_keys_of_a_name_are_removed_together(app: Flask, engine: Engine) -> None:
    with Session(engine) as session:
        for site, name in ((1, "a"), (1, "a"), (1, "b"), (2, "a")):
            api_keys.add(session, site, name)
        session.commit()
        assert [api_keys.remove(session, 1, "a"), api_keys.remove(session, 1, "a")] == [2, 0]
        session.commit()
        assert [
            (row.site_id, row.name)
            for row in session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.id))
        ] == [
            (1, "b"),
            (2, "a"),
        ]


def test_keys_are_listed_as_they_were_made(app: Flask, engine: Engine) -> None:
    with Session(engine) as session:
        for name, days in (("third", 3), ("first", 1), ("second", 2)):
            made_at = LONG_AGO + timedelta(days=days)
            session.add(ApiKeyRow(site_id=1, name=name, digest=name, made_at=made_at))
        api_keys.add(session, 1, "now")
        session.commit()
        assert [row.name for row in api_keys.of_site(session, 1)] == [
            "first",
            "second",
            "third",
            "now",
        ]


def test_the_newest_plan_takes_the_place_of_the_one_before(app: Flask, engine: Engine) -> None:
    first, second = some_plan(), some_plan(right=0.25)
    other = plans.KeptPlan(LONG_AGO, plans.MadeFrom(1, 2, 3.5), first.plan)
    with Session(engine) as session:
        assert (plans.newest(session, 1), plans.of_all_sites(session)) == (None, {})
        for site, kept in ((1, first), (2, other), (1, second)):
            plans.keep(session, site, kept)
            session.commit()
    with Session(engine) as session:
        assert (plans.newest(session, 1), plans.newest(session, 2)) == (second, other)
        assert plans.of_all_sites(session) == {1: second, 2: other}


@pytest.mark.parametrize("length", [SHORTEST_PASSWORD, LONGEST_PASSWORD])
def test_a_password_of_any_length_that_is_taken(
    engine: Engine, quick_hashes: None, length: int
) -> None:
    """Ten characters to 256; what is longer is the same as its beginning nowhere but in the
    check."""
    add_user(engine, "dana", "x" * length)
    found = user_by_password(engine, "dana", "x" * length)
    assert found == User(1, "dana", 1)
    assert user_by_login(engine, 1, None) == found
    assert user_by_login(engine, 2, None) is None
    assert user_by_password(engine, "dana", "x" * (length - 1)) is None
    assert user_by_password(engine, "Dana", "x" * length) is None
    change_password(engine, "dana", "y" * length)
    assert user_by_password(engine, "dana", "y" * length) == User(1, "dana", 2)
    change_password(engine, "dana", "y" * length)
    assert user_by_login(engine, 1, None) == User(1, "dana", 3)


def test_a_new_password_is_one_users(engine: Engine, quick_hashes: None) -> None:
    before = datetime.now(UTC)
    for name in ("dana", "ron"):
        add_user(engine, name, f"password of {name}")
    change_password(engine, "ron", "another password")
    assert user_by_password(engine, "dana", "password of dana") == User(1, "dana", 1)
    with Session(engine) as session:
        assert all(
            before <= made <= datetime.now(UTC) for made in session.scalars(select(UserRow.made_at))
        )
    with pytest.raises(BadRequest, match="10 to 256 characters"):
        add_user(engine, "gal", "x" * (SHORTEST_PASSWORD - 1))
