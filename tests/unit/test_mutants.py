"""The runner of planted faults: which it chooses, how it finds them again, which tests it runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.mutants import by_hand, sample, scope
from tests.mutants.by_hand import FaultByHand
from tests.mutants.faults import Fault, Planted, fault_at, find_again, plant, statements
from tests.mutants.operators import places
from tests.mutants.report import Result
from tests.mutants.trial import Lost, Trial

ROOT = Path(__file__).parents[2]
MODULE = "leadtracker/leases.py"
SOURCE = '''
"""Leases."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)
LIMIT: int = 30


class Pool:
    size: int | None

    def ends(self, seen: int | None = None, ago: str | bytes = "") -> int | None:
        """When the lease ends."""
        log.info("%s", 3)
        due: int | None = 5
        if seen is not None and seen > LIMIT:
            return due
        if seen is not None and seen > LIMIT:
            return due + 1
        return None


def ends(
    *, pool: Pool
) -> bool:
    return pool.ends(
        1,
    ) is None
'''


@cache
def _all_faults(source: str = SOURCE) -> list[Fault]:
    found = [fault_at(MODULE, source, place) for place in places(source)]
    return [fault for fault in found if fault is not None]


def _one(after: str, occurrence: int = 0) -> Fault:
    wanted = (after, occurrence)
    (fault,) = (one for one in _all_faults() if (one.after, one.occurrence) == wanted)
    return fault


def test_every_kind_of_statement_gets_faults() -> None:
    assert {(fault.before, fault.after) for fault in _all_faults()} >= {
        ("LIMIT = 30", "LIMIT = 31"),
        ("due = 5", "pass"),
        ("if seen is not None and seen > LIMIT:", "pass"),
        ("if seen is not None and seen > LIMIT:", "if seen is not None and seen >= LIMIT:"),
        ("if seen is not None and seen > LIMIT:", "if seen is not None or seen > LIMIT:"),
        ("return due + 1", "return due - 1"),
        ("return pool.ends(1) is None", "return pool.ends(1) is not None"),
    }


@pytest.mark.parametrize("never", ["log.", "def ends(", "__future__", "size", "Leases", "When"])
def test_annotations_log_lines_and_docstrings_get_no_fault(never: str) -> None:
    assert [fault for fault in _all_faults() if fault.before.startswith(never)] == []


def test_a_changed_annotation_is_no_fault() -> None:
    source = "def f(a: int | None) -> int | str:\n    b: int | None = a\n    return b\n"
    assert {fault.after for fault in _all_faults(source)} == {"pass"}


def test_each_fault_changes_its_own_lines() -> None:
    lines = SOURCE.splitlines()
    for fault in _all_faults():
        planted = plant(fault, MODULE, SOURCE)
        assert planted is not None
        pairs = enumerate(zip(lines, planted.source.splitlines(), strict=False), 1)
        first = next(number for number, (one, other) in pairs if one != other)
        assert first in planted.lines, fault


def test_two_statements_that_read_the_same_are_told_apart() -> None:
    after = "if seen is not None and seen >= LIMIT:"
    first, second = (plant(_one(after, number), MODULE, SOURCE) for number in (0, 1))
    assert first is not None
    assert second is not None
    assert second.lines.start - first.lines.start == 2


@pytest.mark.parametrize(
    ("changed_from", "changed_to"),
    [
        ("", ""),
        ("class Pool", "FIRST = 1\n\n\nclass Pool"),
        (
            "return due + 1",
            "return (\n                due\n                + 1  # why\n            )",
        ),
        ("due: int | None", "due"),
    ],
    ids=["moved alone", "below new lines", "with new line breaks", "without an annotation"],
)
def test_a_fault_is_found_again_after_its_file_moved(changed_from: str, changed_to: str) -> None:
    new = SOURCE.replace(changed_from, changed_to)
    other = "def ends() -> None:\n    pass\n"
    moved = {"leadtracker/live/book.py": new, "leadtracker/other.py": other}
    for after in ("return due - 1", "return pool.ends(1) is not None", "due = 6"):
        found = find_again(_one(after), moved)
        assert found is not None
        assert found.module == "leadtracker/live/book.py"
        assert after in {one.text for one in statements(found.source)}


def test_the_old_place_comes_first_and_then_the_same_file_name() -> None:
    fault = _one("return due - 1")
    others = {"leadtracker/a.py": SOURCE, "leadtracker/z/leases.py": SOURCE}
    for known, expected in (
        ({**others, MODULE: SOURCE}, MODULE),
        (others, "leadtracker/z/leases.py"),
        ({"leadtracker/a.py": SOURCE}, "leadtracker/a.py"),
    ):
        found = find_again(fault, known)
        assert found is not None
        assert found.module == expected


def test_a_fault_whose_statement_is_gone_is_not_found() -> None:
    fault = _one("return due - 1")
    assert find_again(fault, {MODULE: SOURCE.replace("due + 1", "due + 2")}) is None
    assert find_again(fault, {MODULE: SOURCE.replace("class Pool", "class Pond")}) is None


def test_a_sample_repeats_and_follows_the_lines_of_the_modules(tmp_path: Path) -> None:
    sources = {MODULE: SOURCE, "leadtracker/long.py": SOURCE * 3, "leadtracker/none.py": "\n" * 40}
    drawn = sample.draw(sources, seed=4, size=16)
    assert drawn == sample.draw(sources, seed=4, size=16)
    assert drawn != sample.draw(sources, seed=5, size=16)
    assert len(set(drawn)) == 16
    assert [fault.module for fault in drawn].count(MODULE) < 8
    sample.write(drawn, "--draw 4", tmp_path / "sample.toml")
    assert sample.read(tmp_path / "sample.toml") == drawn


def test_a_fault_that_is_lost_gives_way_to_another_of_its_function() -> None:
    drawn = sample.draw({MODULE: SOURCE}, seed=4, size=8)
    lost = _one("return due - 1")
    rewritten = {MODULE: SOURCE.replace("due + 1", "due + 2")}
    found = [fault for fault in drawn if find_again(fault, rewritten)]
    renewed = sample.renew([*found, lost], rewritten, seed=1)
    assert renewed[:-1] == found
    assert renewed[-1].function == lost.function
    assert find_again(renewed[-1], rewritten)


def test_the_scope_names_files_that_exist() -> None:
    modules = scope.modules(ROOT)
    assert set(modules.values()) == set(scope.PARTS)
    assert [one for one in modules if "migrations" in one or "simulat" in one] == []


def _tree(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / "leadtracker" / name / "guard.lua"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return folder


def _by_hand(find: str) -> FaultByHand:
    return FaultByHand("leadtracker/old/guard.lua", find, "return 1", "it lets all pass")


def test_a_fault_by_hand_follows_its_file_by_name(tmp_path: Path) -> None:
    root = _tree(tmp_path, new="local a = 1\nreturn 0\n")
    expected = Planted("leadtracker/new/guard.lua", "local a = 1\nreturn 1\n", range(2, 3))
    assert by_hand.plant(_by_hand("return 0"), root) == expected


@pytest.mark.parametrize(
    ("files", "find", "complaint"),
    [
        ({"new": "return 0\nreturn 0\n"}, "return 0", "2 times"),
        ({"new": "return 0\n"}, "return 2", "0 times"),
        ({"new": "return 0\n", "newer": "return 0\n"}, "return 0", "2 files"),
        ({}, "return 0", "0 files"),
    ],
)
def test_what_is_to_be_replaced_occurs_exactly_once(
    tmp_path: Path,
    files: dict[str, str],
    find: str,
    complaint: str,
) -> None:
    with pytest.raises(ValueError, match=complaint):
        by_hand.plant(_by_hand(find), _tree(tmp_path, **files))


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('file = "a.lua"\nfind = "1"\nreplace = "2"', "a fault has"),
        ('file = "a.lua"\nfind = "1"\nreplace = "1"\nwhy = "w"', "changes nothing"),
    ],
)
def test_an_entry_by_hand_is_whole(tmp_path: Path, entry: str, complaint: str) -> None:
    (tmp_path / "lua.toml").write_text(f"[[fault]]\n{entry}\n")
    with pytest.raises(ValueError, match=complaint):
        by_hand.read(tmp_path)


def test_the_faults_listed_by_hand_fit_their_files() -> None:
    for fault in by_hand.read(ROOT / "tests" / "mutants"):
        assert by_hand.plant(fault, ROOT).source


@pytest.mark.parametrize(
    ("noticed", "lost", "enough"),
    [(17, 0, True), (16, 0, False), (20, 1, False)],
)
def test_85_percent_are_enough_when_none_is_lost(noticed: int, lost: int, enough: bool) -> None:
    trials = [Trial("ends", MODULE, "-a\n+b", number < noticed, "by") for number in range(20)]
    gone = [Lost(_one("due = 6"))] * lost
    result = Result(trials, gone, {MODULE: "live"})
    assert result.is_enough() == enough
    assert f"| live | {noticed} | 20 |" in result.text()
