"""What a log line says of an exception and of a request that gunicorn cannot read."""

from __future__ import annotations

import logging
import sqlite3

import pytest

from leadtracker.running import logs

SECRET = "a-secret-of-somebody"


def line_of(name: str, message: str, *arguments: object, fault: BaseException | None = None) -> str:
    exc_info = (type(fault), fault, fault.__traceback__) if fault else None
    made = logs.record(name, logging.ERROR, __file__, 1, message, arguments, exc_info)
    return logging.Formatter().format(made)


def raised(fault: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise fault from cause
    except BaseException as caught:
        return caught


def test_an_exception_is_its_kind_and_its_place_and_those_of_its_cause() -> None:
    fault = raised(ValueError(SECRET), raised(KeyError(SECRET)))
    line = line_of("leadtracker.x", "it failed", fault=fault)
    assert SECRET not in line
    assert line.startswith("it failed\n  File ")
    assert line.index("KeyError") < line.index("ValueError")
    assert line.endswith("ValueError")


def test_a_circle_of_causes_ends() -> None:
    fault = raised(ValueError())
    fault.__cause__ = fault
    assert line_of("x", "it failed", fault=fault).endswith("ValueError")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(28, "No space left on device", SECRET), "OSError: No space left on device"),
        (sqlite3.OperationalError("disk is full"), "OperationalError: disk is full"),
        (OSError(SECRET), "OSError"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_an_operator_can_mend_is_named(fault: Exception, said: str) -> None:
    assert line_of("x", "it failed", fault=raised(fault)).endswith(f"\n{said}")


@pytest.mark.parametrize(
    ("message", "arguments", "said"),
    [
        (f"Invalid request from ip=1.2.3.4: {SECRET}\n{SECRET}", (), "from ip=1.2.3.4:"),
        (f"Invalid request from ip=: {SECRET}", (), "Invalid request from ip=:"),
        ("Error handling request %s", (f"/pbx/x/{SECRET}",), "Error handling request"),
        ("Worker (pid:%s) exited with code %s", (7, 1), "Worker (pid:7) exited with code 1"),
    ],
)
def test_gunicorn_quotes_no_request(message: str, arguments: tuple[object, ...], said: str) -> None:
    assert line_of("gunicorn.error", message, *arguments).endswith(said)


def test_our_own_lines_stay_as_they_are() -> None:
    assert line_of("leadtracker.x", "site %s", "shop") == "site shop"
