"""What is logged: the words of this program, and never the text of others: it may hold secrets."""

from __future__ import annotations

import logging
import re
import sqlite3
import traceback
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# gunicorn quotes the request that it cannot read, and that may be a PBX's with its secret.
QUOTED = re.compile(r"(Invalid request from ip=\S*|Error handling request).*", re.DOTALL)


def start() -> None:
    """Begin to log in this process, whichever handlers there are."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    logging.setLogRecordFactory(record)


def record(*parts: Any, **more: Any) -> logging.LogRecord:
    """A record whose exception is told as `told` tells it, and whose request is not quoted."""
    made = logging.LogRecord(*parts, **more)
    if made.exc_info and made.exc_info[1]:
        made.exc_text = told(made.exc_info[1])
        made.exc_info = None
    if made.name.startswith("gunicorn"):
        made.msg, made.args = QUOTED.sub(r"\1", made.getMessage()), ()
    return made


def told(fault: BaseException) -> str:
    """Where an exception and its causes come from, and their kinds.

    An exception's message is left out: it may quote a request, an address or a row.
    """
    cause = fault.__cause__ or fault.__context__
    before = f"{told(cause)}\n" if cause is not None and cause is not fault else ""
    return before + "".join(traceback.format_tb(fault.__traceback__)) + _kind(fault)


def _kind(fault: BaseException) -> str:
    name = type(fault).__name__
    if isinstance(fault, OSError) and fault.strerror:
        return f"{name}: {fault.strerror}"
    if isinstance(fault, sqlite3.OperationalError):  # names what is wrong, and no values
        return f"{name}: {fault}"
    return name
