"""Logins of the dashboard: scrypt hashes, and an epoch that ends old logins with a new password."""

from __future__ import annotations

import functools
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from leadtracker.callback_rules.table import AGENT
from leadtracker.errors import BadRequest, NotFound
from leadtracker.records.tables import EndedLoginRow, UserRow

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256  # a longer one would only cost time to hash


@dataclass(frozen=True, slots=True)
class User:
    """Whoever is logged in. A login is good as long as its epoch is this one."""

    id: int
    name: str
    epoch: int
    account_key: str = ""  # of the PBX account that rings them
    extension: str = ""  # theirs at that account; '' where they have none


def ensure_first_user(engine: Engine) -> tuple[str, str] | None:
    """Make the login `admin` when there is no login yet.

    Returns its name and password. Nobody can read the password later.
    """
    password = readable_password()
    with Session(engine) as session:
        if session.scalar(select(func.count()).select_from(UserRow)):
            return None
        session.add(_row("admin", password))
        try:
            session.commit()
        except IntegrityError:  # another process was first
            return None
    return "admin", password


def add_user(engine: Engine, name: str, password: str) -> None:
    """Make a login. Raises BadRequest when the name is taken or the password too short."""
    _check_length(password)
    with Session(engine) as session:
        session.add(_row(name, password))
        try:
            session.commit()
        except IntegrityError as fault:
            raise BadRequest(f"there is a login {name!r} already") from fault


def change_password(engine: Engine, name: str, password: str) -> None:
    """Set a password, which ends every login made with the old one. Raises NotFound, BadRequest."""
    _check_length(password)
    with Session(engine) as session:
        row = session.scalar(select(UserRow).where(UserRow.name == name))
        if row is None:
            raise NotFound(f"there is no login {name!r}")
        row.password_hash = generate_password_hash(password)
        row.epoch = UserRow.epoch + 1
        session.commit()


def user_by_password(engine: Engine, name: str, password: str) -> User | None:
    """The user with this name and password. It takes as long when there is no such name."""
    with Session(engine) as session:
        row = session.scalar(select(UserRow).where(UserRow.name == name))
    hashed = row.password_hash if row else _nobodys_hash()
    right = check_password_hash(hashed, password[:LONGEST_PASSWORD])
    if row is None or not right:
        return None
    return _user(row)


def user_by_login(engine: Engine, user_id: int, login: str | None) -> User | None:
    """The user, unless this login of theirs has ended. Logins of old have no id."""
    ended = select(EndedLoginRow.id).where(EndedLoginRow.id == (login or "")).exists()
    with Session(engine) as session:
        row = session.scalar(select(UserRow).where(UserRow.id == user_id, ~ended))
    if row is None:
        return None
    return _user(row)


def end_login(engine: Engine, user: User, login: str | None, until: datetime) -> None:
    """End one login, which its cookie may claim `until` then; all of the user's if it has no id."""
    with Session(engine) as session:
        if login is None:
            session.execute(
                update(UserRow).where(UserRow.id == user.id).values(epoch=UserRow.epoch + 1)
            )
        else:
            session.merge(EndedLoginRow(id=login, until=until))
        session.commit()


def forget_ended_logins(session: Session, now: datetime) -> None:
    session.execute(delete(EndedLoginRow).where(EndedLoginRow.until < now))


def _user(row: UserRow) -> User:
    return User(row.id, row.name, row.epoch, row.account_key, row.extension)


def set_extension(engine: Engine, user_id: int, account_key: str, extension: str) -> None:
    """Set where the PBX rings a user; an empty extension takes it away. Raises BadRequest."""
    if extension and not AGENT.fullmatch(extension):
        raise BadRequest(f"{extension!r} is neither an extension nor login:CODE")
    with Session(engine) as session:
        row = session.get_one(UserRow, user_id)
        row.account_key, row.extension = (account_key, extension) if extension else ("", "")
        session.commit()


def readable_password() -> str:
    """Nine syllables in three words, about 57 bits: easy to read out, and to type on a phone."""
    words = (
        "".join(secrets.choice("bdfghjklmnprstvz") + secrets.choice("aeiou") for _ in range(3))
        for _ in range(3)
    )
    return "-".join(words)


def _row(name: str, password: str) -> UserRow:
    return UserRow(
        name=name,
        password_hash=generate_password_hash(password),
        made_at=datetime.now(UTC),
        epoch=1,
    )


def _check_length(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadRequest(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")


@functools.cache
def _nobodys_hash() -> str:
    return generate_password_hash(secrets.token_hex(16))
