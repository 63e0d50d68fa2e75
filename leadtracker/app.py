"""The only wiring: builds the stores and joins the routes."""

from __future__ import annotations

import logging
import threading

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from leadtracker.callback.dialing import Dialing
from leadtracker.callback.request import CallbackRequests
from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.errors import SettingsError
from leadtracker.live import Live
from leadtracker.numbers.number_request import Numbers
from leadtracker.numbers.regions import Regions
from leadtracker.outgoing import Crm
from leadtracker.records.database import open_database, schema_is_current
from leadtracker.records.inbox import Inbox
from leadtracker.records.sites import Directory
from leadtracker.running.worker import Worker
from leadtracker.settings import Settings
from leadtracker.web import error_answers, health, pbx
from leadtracker.web.api import callbacks as callback_api
from leadtracker.web.dashboard import login
from leadtracker.web.dashboard import routes as dashboard
from leadtracker.web.script import callback_request, number_request
from leadtracker.web.static_files import STATIC
from leadtracker.web.stores import Stores


def create_app(settings: Settings) -> Flask:
    """The application; raises SettingsError when there is no Redis to use or the schema is not this version's."""
    if not settings.redis_url:
        raise SettingsError(
            "LEADTRACKER_REDIS_URL: not set; set it, or run `leadtracker serve`, which starts a Redis of its own"
        )
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    engine = open_database(settings.database)
    if not schema_is_current(engine):
        raise SettingsError(
            "LEADTRACKER_DATABASE_URL: the database's tables are not this version's; run `leadtracker migrate`"
        )
    stores = Stores(settings, engine, Live(settings.redis_url), Directory(engine))
    app = Flask(
        "leadtracker",
        static_folder=STATIC,
        static_url_path="/static",
        template_folder="web/templates",
    )
    app.secret_key = settings.key
    app.extensions["leadtracker"] = stores
    inbox = Inbox(engine)
    error_answers.register(app)
    numbers = Numbers(stores.live, stores.directory, Regions(settings.geoip_database), settings.key)
    dialling = Dialing(engine, stores.live, stores.directory, max(1, settings.threads // 8))
    requests = CallbackRequests(engine, stores.live, stores.directory, dialling, settings.key)
    number_request.register(app, numbers, requests, settings.script_path)
    callback_request.register(app, requests)
    callback_api.register(app, requests)
    pbx.register(
        app,
        inbox,
        ScreenPops(engine, stores.live, stores.directory, settings.public_url),
        Crm(settings.crm_timeout_seconds, max(1, settings.threads // 4)),
        settings.origins_of_screen_pop,
    )
    health.register(app, inbox)
    login.register(app)
    dashboard.register(app, dialling)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign] # as Flask documents
    return app


def start_worker(app: Flask) -> None:
    """Read callbacks in a thread of this process, for those who run `gunicorn wsgi:app` alone."""
    stores: Stores = app.extensions["leadtracker"]
    worker = Worker(stores.engine, stores.live, stores.directory, stores.settings)
    threading.Thread(
        target=worker.run, args=(threading.Event(),), daemon=True, name="worker"
    ).start()
