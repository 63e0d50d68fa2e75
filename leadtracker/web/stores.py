"""What a route may reach: settings, database, Redis and the directory of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from leadtracker.live import Live
from leadtracker.records.session import Engine
from leadtracker.records.sites import Directory
from leadtracker.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    settings: Settings
    engine: Engine
    live: Live
    directory: Directory


def stores() -> Stores:
    return cast(Stores, current_app.extensions["leadtracker"])
