"""Sources change their groups from hour to hour, and a number still has one holder."""

from __future__ import annotations

import pytest

from leadtracker.live import keys
from tests.live.conftest import DIDS, HOUR, SECOND, SITE, Shop
from tests.live.traffic import BING, GOOGLE, MAIL, ROOT, check_idle, chosen, count, group, visit

Shares = dict[str, float]
SHARED, OWN = "shared 1", {source.source: source.source for source in (GOOGLE, BING, MAIL)}


def test_two_visitors_never_get_one_number_after_their_sources_changed_groups(shop: Shop) -> None:
    for n in range(5):
        visit(shop, f"visitor{n}", BING)
    group(shop, google=90, bing=5, mail=5)  # Bing shares its numbers with the mails
    group(shop, google=5, bing=90, mail=5)  # ... and now has them alone
    grants = [shop.ask(f"later{n}", arrival=BING) for n in range(4)]
    grants.append(shop.ask("late", arrival=MAIL))
    assert {grant.did for grant in grants} == set(DIDS)
    assert [grant.chosen for grant in grants] == ["source"] * 4 + ["pool"]
    assert all(map(shop.beat, grants))


@pytest.mark.parametrize(
    ("before", "after", "groups"),
    [
        ({}, {"google": 5, "bing": 5}, {GOOGLE.source: SHARED, BING.source: SHARED}),
        (
            {"google": 90, "bing": 5},
            {"google": 5, "bing": 90},
            {GOOGLE.source: SHARED, BING.source: BING.source},
        ),
        (  # only the first of them changed
            {"google": 50, "bing": 45, "mail": 5},
            {"google": 90, "bing": 5, "mail": 5},
            {GOOGLE.source: GOOGLE.source, BING.source: SHARED, MAIL.source: SHARED},
        ),
        (
            {"google": 90, "bing": 5, "mail": 5},
            {"google": 90, "bing": 5},
            OWN | {BING.source: SHARED, MAIL.source: ""},
        ),
        (
            {"google": 90, "mail": 5},
            {"google": 90, "bing": 5},
            OWN | {BING.source: SHARED, MAIL.source: ""},
        ),
        (
            {"google": 90, "bing": 5},
            {"google": 90, "bing": 4},
            {GOOGLE.source: GOOGLE.source, BING.source: SHARED},
        ),
    ],
)
def test_idle_numbers_are_sorted_into_the_groups_of_the_hour(
    shop: Shop, before: Shares, after: Shares, groups: dict[str, str]
) -> None:
    for n, arrival in enumerate((GOOGLE, BING, MAIL, BING)):
        visit(shop, f"visitor{n}", arrival)
    if before:
        group(shop, **before)
    shop.ask("passer-by")
    check_idle(shop.live)
    group(shop, **after)
    found = shop.live.client.hgetall(f"{ROOT}:group")
    assert found == {source: name for source, name in groups.items() if name}
    check_idle(shop.live)


def test_a_grouping_that_stays_is_written_once(shop: Shop) -> None:
    visit(shop, "dana", GOOGLE)
    shop.ask("ron", arrival=BING)
    group(shop, google=90, bing=5)
    shop.live.client.delete(f"{ROOT}:idle:g:{GOOGLE.source}")
    group(shop, google=90, bing=5)
    assert not shop.live.client.exists(f"{ROOT}:idle:g:{GOOGLE.source}")
    group(shop, google=5, bing=90)
    check_idle(shop.live)


def test_the_rules_of_the_hour_are_written_though_the_grouping_stays(shop: Shop) -> None:
    shop.ask("dana")
    group(shop, google=90, bing=5)
    shop.live.client.mset({f"{ROOT}:x": 1, f"{ROOT}:keep": 1})
    group(shop, google=90, bing=5)
    assert shop.live.client.mget(f"{ROOT}:x", f"{ROOT}:keep") == ["100", str(keys.KEEP)]


def test_a_source_that_nobody_counts_is_of_the_group_of_the_others(shop: Shop) -> None:
    for n in range(4):
        visit(shop, f"visitor{n}", GOOGLE)
    mine = visit(shop, "dana", MAIL)
    shop.ask("passer-by", arrival=GOOGLE)
    count(shop.live, {GOOGLE.source: 90, "other": 5})
    shop.live.regroup(SITE, shop.now)
    check_idle(shop.live)
    assert chosen(shop, "ron", BING) == (mine, "group")


def test_a_number_held_while_groups_change_is_in_the_new_one_when_it_is_idle(shop: Shop) -> None:
    dana, ron = shop.ask("dana", arrival=GOOGLE), shop.ask("ron", arrival=BING)
    group(shop, google=90, bing=5)
    shop.now += SECOND
    assert shop.beat(dana)
    assert shop.beat(ron, "left")
    group(shop, google=5, bing=90)
    shop.now += HOUR
    shop.ask("passer-by")
    check_idle(shop.live)
    assert [one.idle for one in shop.live.pool(SITE).groups] == [1, 1]


def test_a_source_shares_with_others_only_while_their_numbers_are_not_ten_times_younger(
    shop: Shop,
) -> None:
    for older, expected in ((10_000 * SECOND, "group"), (10_000 * SECOND + 1, "pool")):
        shop.live.client.flushall()
        begun, shop.now = shop.now, shop.now - older
        for n in range(4):
            shop.beat(shop.ask(f"visitor{n}", arrival=GOOGLE), "left")
        shop.now = begun - 1000 * SECOND
        shop.beat(shop.ask("ron", arrival=BING), "left")
        shop.now = begun
        group(shop, google=90, bing=5, mail=5)
        assert chosen(shop, "gal", MAIL)[1] == expected
