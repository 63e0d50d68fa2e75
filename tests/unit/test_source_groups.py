"""Which sources share numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadtracker.live.source_groups import groups, is_busy, is_quiet


def test_a_large_source_has_a_group_of_its_own() -> None:
    arrivals = {"a": 50.0, "b": 30.0, "c": 9.0, "d": 6.0, "e": 5.0}
    assert groups(arrivals, 40, {}) == {
        "a": "a",
        "b": "b",
        "c": "shared 1",
        "d": "shared 1",
        "e": "shared 1",
    }
    assert groups(arrivals, 20, {})["c"] == "shared 1"
    assert set(groups(arrivals, 200, {})) == set(groups(arrivals, 200, {}).values())


def test_a_source_leaves_its_own_group_only_below_three_numbers() -> None:
    arrivals = {"a": 65.0, "b": 35.0}
    assert groups(arrivals, 10, {}) == {"a": "a", "b": "shared 1"}
    assert groups(arrivals, 10, {"a": "a", "b": "b"}) == {"a": "a", "b": "b"}
    assert groups(arrivals, 8, {"a": "a", "b": "b"}) == {"a": "a", "b": "shared 1"}


@given(
    st.dictionaries(
        st.text("abcdefghij", min_size=1, max_size=3), st.floats(0.05, 1e4), max_size=30
    ),
    st.integers(1, 200),
)
def test_every_source_is_in_a_group_that_can_have_four_numbers(
    arrivals: dict[str, float], numbers: int
) -> None:
    found = groups(arrivals, numbers, {})
    assert set(found) == set(arrivals)
    if numbers >= 8:
        total = sum(arrivals.values())
        share = {
            group: sum(arrivals[one] for one in found if found[one] == group)
            for group in found.values()
        }
        small = [group for group, n in share.items() if numbers * n / total < 4 - 1e-9]
        assert (
            len(small) <= 1
        )  # the rest that is too small for a group, when all others are separate


def test_a_pool_is_quiet_or_busy_by_how_often_a_number_is_leased() -> None:
    assert (is_quiet(40, 6.6), is_quiet(40, 6.7)) == (True, False)
    assert (is_busy(40, 80.0), is_busy(40, 80.1)) == (False, True)
