"""gunicorn's settings, for `leadtracker serve` and for those who run gunicorn themselves.

gunicorn -c python:leadtracker.gunicorn_settings wsgi:app
"""

# Threads: a customer's CRM that hangs holds a thread and not a process. Slow clients hold none.
worker_class = "leadtracker.running.web_worker.WholeRequests"
# No keep-alive: with it one process may get all connections while the others idle. A proxy in front
# keeps the browsers' connections open.
keepalive = 0
backlog = 2048
# gunicorn would take the path we are under from anybody's header SCRIPT_NAME, or answer 500 to it.
forwarder_headers = ""
timeout = 60
graceful_timeout = 15
max_requests = 0
control_socket_disable = True  # otherwise gunicorn makes a socket in the home folder
accesslog = None
errorlog = "-"
loglevel = "warning"
