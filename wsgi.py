"""The application for gunicorn: `gunicorn wsgi:app`."""

from leadtracker.settings import hide_new_files, load_settings, prepare_metrics

hide_new_files()
settings = load_settings()
prepare_metrics(settings)  # before anything that counts is imported

from leadtracker.app import create_app, keep_sites_fresh, start_worker  # noqa: E402 # see above

app = create_app(settings)
keep_sites_fresh(app)
if not settings.separate_worker:
    start_worker(app)
