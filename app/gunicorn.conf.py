"""How gunicorn serves the storefront. `storefront/config.py` says what the environment sets.

Run from anywhere: `gunicorn --config app/gunicorn.conf.py 'storefront:create_app()'`.
"""

import os
import select
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from storefront.access_log import JsonLogger  # noqa: E402  (needs the line above)
from storefront.config import ConfigError, Settings  # noqa: E402
from storefront.services import services_of  # noqa: E402

try:
    _settings = Settings.from_env(os.environ)
except ConfigError as error:
    sys.exit(str(error))

chdir = str(HERE)
bind = _settings.bind

# One process, several threads: a quarter of a CPU gains nothing from more processes, and a
# request mostly waits (for the network now, for AWS when orders are taken).
worker_class = "gthread"
workers = _settings.workers
threads = _settings.threads
preload_app = True  # a mistake in the application stops the start, not each worker in turn

# Longer than the 60 s after which an Application Load Balancer drops an idle connection: the
# side that reuses connections must be the one that closes them, or a request meets a closed one.
keepalive = 75
graceful_timeout = _settings.drain_seconds

# Nothing is written to disk, so that the root file system can be read-only.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True

sendfile = False  # files here are small, and the access log would not know what was sent

# X-Forwarded-* is read in one place only, storefront/security.py.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

logger_class = JsonLogger
loglevel = _settings.log_level
accesslog = "-"


def post_worker_init(worker: Any) -> None:
    """On SIGTERM: not ready, then no new connections, then gunicorn's own way to stop."""
    readiness = services_of(worker.wsgi).readiness
    stop = signal.getsignal(signal.SIGTERM)
    assert callable(stop), "gunicorn has set its handler by now"

    def leave() -> None:
        _stop_listening(worker)
        stop(signal.SIGTERM, None)

    def drain(_number: int, _frame: FrameType | None) -> None:
        readiness.draining = True
        worker.method_queue.defer(leave)  # runs in the worker's main loop, not in the middle of it

    signal.signal(signal.SIGTERM, drain)
    # As gunicorn does for its own handler: do not interrupt what requests in flight are doing.
    signal.siginterrupt(signal.SIGTERM, False)


def _stop_listening(worker: Any) -> None:
    """Take in who has connected already, then refuse newcomers.

    gunicorn's threaded worker would keep its socket open until it exits: whoever connects while
    it drains would wait all that time, only to be cut off.
    """
    for listener in worker.sockets:
        while select.select([listener], [], [], 0)[0]:
            worker.accept(listener)
        listener.close()
