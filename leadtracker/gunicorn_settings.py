"""gunicorn's settings, for `leadtracker serve` and for `gunicorn -c python:leadtracker.gunicorn_settings wsgi:app`."""

# Threads, so that a customer's CRM that hangs holds a thread and not a process. No keep-alive: with it one
# process may end up with all connections and the other ones idle; a proxy in front keeps the browsers' ones.
worker_class = "gthread"
keepalive = 0
backlog = 2048
timeout = 60
graceful_timeout = 15
max_requests = 0
control_socket_disable = True  # else a socket is made in the home folder
accesslog = None
errorlog = "-"
loglevel = "warning"
