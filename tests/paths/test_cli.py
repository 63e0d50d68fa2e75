"""The commands that set sites up and print what is known;
bad input gets a sentence and leaves no trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner, Result

from leadtracker.cli import main
from tests.callback_road import switch_of


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("LEADTRACKER_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("LEADTRACKER_REDIS_URL", redis_url)
    monkeypatch.setenv("LEADTRACKER_PUBLIC_URL", "https://calls.example.com")


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(main, arguments, **more)


def said(*arguments: str, **more: Any) -> str:
    result = run(*arguments, **more)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_site_from_nothing() -> None:
    assert "saved" in said("account", "add", "voicenter", "--vendor", "voicenter")
    token = said(
        "site",
        "add",
        "shop",
        "--origin",
        "https://shop.example.com",
        "--default-number",
        "03-555-1234",
        "--account",
        "voicenter",
    ).split()[-1]
    assert said("did", "add", "shop", "072-277-6772", "+972722776773").startswith("2 added")
    assert said("did", "add", "shop", "0722776772", "0722776774").startswith(
        "1 added, 1 were there"
    )
    assert said("did", "import", "shop", "-", input="number,name\n072-277-6775,one\n\n").startswith(
        "1 added"
    )
    assert said("did", "remove", "shop", "0722776774").startswith("1 drain")
    assert said("did", "list", "shop").count("+972") == 4
    [listed] = json.loads(said("site", "list", "--json"))
    assert listed["tokens"] == token
    assert listed["default_number"] == "+97235551234"
    urls = {line["family"]: line["url"] for line in json.loads(said("pbx", "urls", "--json"))}
    assert set(urls) == {"screen-pop", "cdr", "real-time"}
    assert all(url.startswith("https://calls.example.com/pbx/voicenter/") for url in urls.values())
    assert len(said("pbx", "urls").splitlines()) == 3
    assert json.loads(said("call", "list", "--json")) == []


def test_export_is_what_apply_takes(tmp_path: Path) -> None:
    test_a_site_from_nothing()
    file = tmp_path / "sites.toml"
    file.write_text(said("site", "export"))
    assert "drains" not in said("site", "apply", str(file))
    assert said("site", "export") == file.read_text()
    file.write_text(file.read_text().replace('    "+972722776773",\n', ""))
    assert "+972722776773 drains" in said("site", "apply", str(file))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("did", "add", "nowhere", "0722776772"), "There is no site 'nowhere'"),
        (("did", "add", "shop", "12345"), "'12345' is not a telephone number in IL"),
        (("did", "add", "shop", "035551234"), "is the default number"),
        (("did", "remove", "shop", "0722776772"), "is not in the pool"),
        (
            ("site", "add", "new", "--origin", "shop.example.com"),
            "an origin is like https://www.example.com",
        ),
        (("site", "add", "new", "--origin", "https://a.example.com/path"), "an origin is like"),
        (("site", "add", "new", "--time-zone", "Mars/Base"), "time_zone must be a name"),
        (("site", "add", "new", "--country", "Israel"), "country must be two letters"),
        (("site", "add", "new", "--default-number", "911x"), "default_number"),
        (("site", "add", "new", "--lease-seconds", "5"), "lease_seconds must be 45 to 86400"),
        (("site", "add", "new", "--account", "nobody"), "there is no PBX account"),
        (("site", "add", "new", "--token", "taken"), "another site's"),
        (("account", "add", "a/b"), "a key is letters"),
        (("account", "add", "new", "--secret", "short"), "secret must be 16"),
        (("account", "add", "new", "--allow", "everyone"), "is not an IP address"),
        (("account", "add", "new", "--crm-url", "ftp://crm"), "crm_url must begin with"),
        (("visitor", "show", "nobody"), "nobody is known"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(arguments: tuple[str, ...], sentence: str) -> None:
    said(
        "site",
        "add",
        "shop",
        "--origin",
        "https://shop.example.com",
        "--default-number",
        "03-555-1234",
        "--token",
        "taken",
    )
    before = said("site", "export")
    result = run(*arguments)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert said("site", "export") == before


def test_a_file_with_a_fault_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "sites.toml"
    file.write_text(
        '[site.good]\norigins = ["https://good.example.com"]\n[site.bad]\ndids = ["1"]\n'
    )
    result = run("site", "apply", str(file))
    assert (result.exit_code, "'1' is not a telephone number" in result.output) == (1, True)
    assert json.loads(said("site", "list", "--json")) == []


def test_settings_faults_are_all_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADTRACKER_SECRET_KEY", "hunter2")
    monkeypatch.setenv("LEADTRACKER_DATABASE_URL", "mysql://root@db")
    monkeypatch.setenv("LEADTRACKER_WORKERS", "many")
    monkeypatch.setenv("LEADTRACKER_SCRIPT_PATH", "assets.js")
    result = run("call", "list")
    assert result.exit_code == 1
    for name in ("SECRET_KEY", "DATABASE_URL", "WORKERS", "SCRIPT_PATH"):
        assert f"LEADTRACKER_{name}: " in result.output
    assert "openssl rand -hex 32" in result.output
    assert "hunter2" not in result.output


def test_doctor_says_what_to_do() -> None:
    said("site", "list")
    result = run("doctor")
    assert result.exit_code == 1
    assert "leadtracker site add" in result.output
    assert "no worker runs" in result.output


def test_passwords() -> None:
    said("user", "add", "noa", "--password", "long enough 1")
    assert run("user", "add", "noa", "--password", "long enough 1").exit_code == 1
    assert run("user", "add", "gil", "--password", "short").exit_code == 1
    said("user", "password", "noa", "--password", "long enough 2")


def test_numbers_that_the_pbx_never_calls(tmp_path: Path) -> None:
    with switch_of("http://127.0.0.1:9") as switch:
        file = tmp_path / "sites.toml"
        file.write_text(tomli_w.dumps({"account": {"pbx": {"options": switch.options}}}))
        said("site", "apply", str(file))
        assert said("pbx", "block", "pbx", "054-321-6549", "+442079460000").splitlines() == [
            "+972543216549: blocked",
            "+442079460000: blocked",
        ]
        assert switch.blocked == {"972543216549", "442079460000"}
        assert (
            said("pbx", "block", "pbx", "0543216549", "--undo")
            == "+972543216549: no longer blocked\n"
        )
        assert switch.blocked == {"442079460000"}
        wrong = run("pbx", "block", "pbx", "052-234-5678", "Dana")
        assert "no telephone number in IL: Dana; nothing was changed" in wrong.output
        assert switch.blocked == {"442079460000"}
        switch.code = "another"
        assert run("pbx", "block", "pbx", "052-234-5678").exit_code == 1
    assert run("pbx", "block", "nobody", "052-234-5678").exit_code == 1
