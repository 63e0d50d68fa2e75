"""The demo as a stranger runs it: a first round, a second run,
a person at the marketing site, every way to stop."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from leadtracker import demo
from leadtracker.demo.browser import direct_session
from leadtracker.demo.world import HAIFA, SHOPS
from leadtracker.errors import SettingsError
from tests.demo_run import COMMAND, PERSON, Running, surroundings
from tests.patience import PATIENCE, until
from tests.served import answers


def calls(folder: Path) -> list[dict[str, Any]]:
    listing = subprocess.run(
        [sys.executable, "-m", "leadtracker", "call", "list", "--json", "--count", "500"],
        cwd=folder,
        env=surroundings(LEADTRACKER_DATA_FOLDER=".demo"),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(listing.stdout)
    return found


def left_behind(folder: Path) -> list[str]:
    """Command lines of processes that work in a folder or name it."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = str((process / "cwd").readlink())
        except OSError:  # it has ended
            continue
        if str(folder) in command or where.startswith(str(folder)):
            found.append(command)
    return found


def children(parent: int, word: str) -> list[int]:
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it has ended
            if (
                f"PPid:\t{parent}\n" in (process / "status").read_text()
                and word in (process / "cmdline").read_text()
            ):
                found.append(int(process.name))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    until(lambda: not left_behind(folder), lambda: f"left behind: {left_behind(folder)}")


@pytest.fixture(scope="module")
def first_run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--once"],
        cwd=folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture(scope="module")
def first_calls(folder: Path, first_run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return calls(folder)


@pytest.fixture(scope="module")
def second_run(folder: Path, first_calls: list[dict[str, Any]]) -> Iterator[Running]:
    """Goes on until the module's tests are over; then Ctrl-C."""
    running = Running(folder)
    yield running
    assert running.stop(signal.SIGINT) == 0, running.printed
    assert "All that was started is stopped." in running.printed


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with direct_session() as session:
        yield session


def test_the_first_round_ends_well(
    first_run: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    assert "40 visits, 18 calls; Leadtracker told each of them as it was." in first_run.stdout
    assert re.search(r"Login +admin / \w+-\w+-\w+", first_run.stdout)
    assert len(re.findall(r"^\S.* sees .*$", first_run.stdout, re.MULTILINE)) == 40
    assert len(re.findall(r" -> Leadtracker says: ", first_run.stdout)) == 20
    assert (
        len(
            re.findall(
                r"asks to be called back -> Leadtracker says: talked$",
                first_run.stdout,
                re.MULTILINE,
            )
        )
        == 2
    )
    assert left_behind(folder) == []


def test_every_call_is_kept_with_its_visitor(first_calls: list[dict[str, Any]]) -> None:
    assert len(first_calls) == 21  # a transferred one is two, and two were asked for
    incoming = [call for call in first_calls if call["direction"] == "incoming"]
    assert len(incoming) == 17
    pool = {number for shop in SHOPS.values() for number in shop.pool}
    for call in incoming:
        assert call["did"] in pool
        assert call["match"]["candidates"], call
        assert call["match"]["verdict"] != "certain" or call["channel"], call
    assert {call["outcome"] for call in first_calls} == {
        "answered",
        "missed",
        "busy",
        "abandoned",
        "voicemail",
    }
    assert sum(call["match"]["verdict"] in ("certain", "likely") for call in incoming) >= 15
    assert len({call["call_id"] for call in first_calls}) == 21
    assert sorted(len(call["legs"]) for call in first_calls) == [1] * 18 + [2] * 3
    assert sum(call["caller"] is None for call in first_calls) == 1  # withheld
    assert any(call["match"].get("candidates") and call["original_call_id"] for call in first_calls)


def test_a_second_run_starts_soon_and_finds_the_first_ones_calls(
    second_run: Running, first_calls: list[dict[str, Any]], http: requests.Session
) -> None:
    second_run.until("On the command line")
    assert f"Calls of earlier runs: {len(first_calls)}," in second_run.printed
    assert re.search(r"Login +the first run's, kept in \.demo/login\.txt", second_run.printed)
    assert "admin / " in (second_run.folder / ".demo" / "login.txt").read_text()
    assert (second_run.folder / ".demo" / "login.txt").stat().st_mode & 0o077 == 0
    second_run.until(" -> Leadtracker says: ")
    kept = {call["call_id"] for call in calls(second_run.folder)}
    assert {call["call_id"] for call in first_calls} < kept


def test_another_demo_in_the_same_folder_is_refused(second_run: Running) -> None:
    second_run.until("Dashboard")
    another = subprocess.run(
        COMMAND,
        cwd=second_run.folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert another.returncode == 1
    assert "a demo runs already in .demo; stop it first" in another.stderr
    assert "Traceback" not in another.stderr


def test_a_person_rings_the_number_they_see_in_two_clicks(
    second_run: Running, browser: Browser
) -> None:
    site = second_run.address("Marketing site")
    page = browser.new_context(user_agent=PERSON).new_page()
    page.goto(f"{site}/kitchens")
    page.click("text=google / מבצע אביב")
    own = "072-277-6900"
    page.wait_for_url("**utm_*")
    expect(page.locator("#number")).not_to_have_text(own)
    shown = page.inner_text("#number")
    assert page.get_attribute("html", "dir") == "rtl"
    assert own not in page.inner_text("body")
    assert page.inner_text(".hero-number") == shown
    assert page.inner_text("[data-mirror]") == shown
    page.click("text=Ring the number you see")
    page.wait_for_selector("text=See the call", timeout=1000 * PATIENCE)
    story = page.inner_text("#story")
    assert f"You ring {shown}" in story
    assert "Walter's screen says: You, in this browser." in story
    assert "On the site now, desktop" in story
    seen = page.get_attribute("text=See the call", "href") or ""
    page.context.close()
    (call,) = (call for call in calls(second_run.folder) if seen.endswith(f"/calls/{call['id']}"))
    assert call["campaign"] == "מבצע אביב"
    assert call["visitor_info"]["name"] == "You, in this browser"
    assert call["did"].endswith(shown.replace("-", "")[1:])


def test_a_person_asks_to_be_called_back(second_run: Running, browser: Browser) -> None:
    page = browser.new_context(user_agent=PERSON).new_page()
    page.goto(f"{second_run.address('Marketing site')}/he")
    page.click("text=נחזור אליכם")
    page.locator("input[type=tel]").fill("054-321-6549")
    page.wait_for_timeout(2100)  # a form that is sent sooner was filled in by a robot
    page.keyboard.press("Enter")
    expect(page.get_by_text("תודה על השיחה.")).to_be_visible()
    page.context.close()
    (call,) = (one for one in calls(second_run.folder) if one["caller"] == "+972543216549")
    assert sorted(leg["type"] for leg in call["legs"]) == ["Click2Call leg1", "Click2Call leg2"]


def test_the_marketing_site_rings_for_its_own_pages_only(
    second_run: Running, http: requests.Session
) -> None:
    site = second_run.address("Marketing site")
    right = {"shop": HAIFA.key, "number": "072-277-6900"}

    def ring(body: Any, origin: str = site) -> requests.Response:
        return http.post(
            f"{site}/ring", data=json.dumps(body), headers={"Origin": origin}, timeout=PATIENCE
        )

    assert ring(right, "https://evil.example").status_code == 403
    assert ring({"shop": "nowhere", "number": "1"}).status_code == 400
    assert ring([1]).status_code == 400
    assert ring(right | {"more": "x" * 2000}).status_code == 403
    assert [json.loads(line) for line in ring(right | {"number": "twelve"}).text.splitlines()] == [
        {"said": "'twelve' is not a telephone number."}
    ]
    told = [
        json.loads(line) for line in ring(right).text.splitlines()
    ]  # nobody is shown the default number,
    assert (
        told[1]["said"] == "Walter's screen says: You, in this browser."
    )  # but the phone called before
    assert re.match("The same person as .* ago", told[-1]["said"])
    for path, status in (
        ("/", 200),
        ("/ro", 200),
        ("/assets/site.css", 200),
        ("/recordings/x.mp3", 200),
        ("/x", 404),
    ):
        assert http.get(site + path, timeout=PATIENCE).status_code == status
    assert http.get(f"{site}/assets/..%2f__init__.py", timeout=PATIENCE).status_code == 404


def test_it_goes_on_when_gunicorn_is_killed(second_run: Running, http: requests.Session) -> None:
    dashboard = second_run.address("Dashboard")
    second_run.until("first round is over")
    (master,) = children(second_run.process.pid, "--workers")
    os.killpg(master, signal.SIGKILL)
    second_run.until("web died")

    until(lambda: answers(f"{dashboard}/readyz"))
    told = second_run.printed.count(" sees ")
    until(lambda: second_run.printed.count(" sees ") > told + 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("when", ["Redis: ", "reads and leaves"])
def test_a_signal_at_any_moment_stops_everything(tmp_path: Path, number: int, when: str) -> None:
    running = Running(tmp_path)
    running.until(when)
    assert running.stop(number) == 0, running.printed
    assert "All that was started is stopped." in running.printed
    assert "Traceback" not in running.printed
    assert left_behind(tmp_path) == []


def test_a_taken_port_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = demo._free_port(port)
        assert found > port
        assert f"Port {port} is taken, {found} is used in its place." in capsys.readouterr().out


def test_other_databases_of_the_surroundings_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRACKER_DATABASE_URL", "postgresql://customer@host/real")
    monkeypatch.setenv("LEADTRACKER_REDIS_URL", "redis://real")
    settings, _ = demo._addresses(tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/leadtracker.sqlite"
    assert settings.redis_url == ""


def test_one_demo_at_a_time(tmp_path: Path) -> None:
    with demo._alone(tmp_path), pytest.raises(SettingsError), demo._alone(tmp_path):
        pass
