"""HTTP: routes and templates. Flask is known here and in `app.py` only."""
