"""The only wiring: it builds the stores and joins the routes."""

from __future__ import annotations

import threading

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from leadtracker.callback.dialing import Dialing
from leadtracker.callback.request import CallbackRequests
from leadtracker.calls.in_time import InTime
from leadtracker.calls.quota import Quotas
from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.errors import SettingsError
from leadtracker.live import Live
from leadtracker.numbers.number_request import Numbers
from leadtracker.numbers.regions import Regions
from leadtracker.outgoing import Crm
from leadtracker.records.database import open_database, schema_is_current
from leadtracker.records.inbox import Inbox
from leadtracker.records.sites import Directory
from leadtracker.running import logs
from leadtracker.running.worker import Worker
from leadtracker.settings import Settings
from leadtracker.web import error_answers, health, pbx, static_files, waiting
from leadtracker.web.api import callbacks as callback_api
from leadtracker.web.dashboard import login
from leadtracker.web.dashboard import routes as dashboard
from leadtracker.web.prefix import Prefixed
from leadtracker.web.script import callback_request, number_request
from leadtracker.web.stores import Stores


def create_app(settings: Settings) -> Flask:
    """The application.

    Raises SettingsError when no Redis is set, or when the tables are another version's.
    """
    logs.start()
    stores = _open_stores(settings)
    app = Flask(
        "leadtracker",
        static_folder=None,
        template_folder="web/templates",
    )
    app.secret_key = settings.key
    app.extensions["leadtracker"] = stores
    _join_routes(app, stores)
    prefixed = Prefixed(app.wsgi_app, settings.public_url)
    app.wsgi_app = prefixed  # type: ignore[method-assign] # as Flask documents
    if count := settings.trusted_proxies:
        # Each proxy adds to the others; the prefix is the nearest one's that has any.
        behind = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_prefix=1)
        app.wsgi_app = behind  # type: ignore[method-assign] # as Flask documents
    return app


def _open_stores(settings: Settings) -> Stores:
    if not settings.redis_url:
        raise SettingsError(
            "LEADTRACKER_REDIS_URL: not set; set it, "
            "or run `leadtracker serve`, which starts a Redis of its own"
        )
    engine = open_database(settings.database)
    if not schema_is_current(engine):
        raise SettingsError(
            "LEADTRACKER_DATABASE_URL: the database's tables are not this version's; "
            "run `leadtracker migrate`"
        )
    return Stores(settings, engine, Live(settings.redis_url), Directory(engine))


def _join_routes(app: Flask, stores: Stores) -> None:
    settings, engine = stores.settings, stores.engine
    live, directory = stores.live, stores.directory
    inbox = Inbox(engine)
    numbers = Numbers(live, directory, Regions(settings.geoip_database), settings.key)
    dialing = Dialing(engine, live, directory, max(1, settings.threads // 8))
    requests = CallbackRequests(engine, live, directory, dialing, settings.key)
    error_answers.register(app)
    static_files.register(app)
    waiting.bound(app, settings.threads)
    number_request.register(app, numbers, requests, settings.script_path)
    callback_request.register(app, requests)
    callback_api.register(app, requests)
    pbx.register(
        app,
        inbox,
        ScreenPops(engine, live, directory, settings.public_url),
        Crm(settings.crm_timeout_seconds, max(1, settings.threads // 4)),
        InTime(2 * settings.threads, settings.database_seconds),
        Quotas(settings.notifications_per_minute),
        settings.origins_of_screen_pop,
    )
    health.register(app, inbox)
    login.register(app)
    dashboard.register(app, dialing, requests)


def keep_sites_fresh(app: Flask) -> None:
    """Read the sites in a thread, so that no number request does."""
    stores: Stores = app.extensions["leadtracker"]
    seconds = stores.settings.database_seconds
    threading.Thread(
        target=stores.directory.keep_fresh, args=(seconds,), daemon=True, name="sites"
    ).start()


def start_worker(app: Flask) -> None:
    """Run the worker in a thread of this process, for those who run `gunicorn wsgi:app` alone."""
    stores: Stores = app.extensions["leadtracker"]
    worker = Worker(stores.engine, stores.live, stores.directory, stores.settings)
    threading.Thread(
        target=worker.run, args=(threading.Event(),), daemon=True, name="worker"
    ).start()
