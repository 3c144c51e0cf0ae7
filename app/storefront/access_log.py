"""gunicorn's own log and its access log, in the storefront's format."""

import logging
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from . import logs
from .request_ids import ENVIRON_KEY

# Asked every few seconds by load balancers and schedulers: written at debug unless they fail.
QUIET_PATHS = frozenset({"/health", "/ready"})

# Longer values say nothing more about a request and can only fill the log.
MAX_VALUE = 512


class JsonLogger(Logger):  # type: ignore[misc]  # gunicorn has no type information
    """Writes what gunicorn says, and one event for each request, through the root logger."""

    def setup(self, cfg: Any) -> None:
        """Replace gunicorn's handlers by the storefront's (also on a reload)."""
        super().setup(cfg)
        logs.configure(cfg.loglevel)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.NOTSET)

    def access(
        self,
        resp: Any,
        req: Any,  # noqa: ARG002  (gunicorn calls this with four arguments)
        environ: MutableMapping[str, Any],
        request_time: timedelta,
    ) -> None:
        """Log one request. The query string is left out: it may carry what is not for logs."""
        status = int(str(resp.status).split(None, 1)[0])
        path = str(environ.get("PATH_INFO", ""))[:MAX_VALUE]
        quiet = path in QUIET_PATHS and status < 400
        level = logging.DEBUG if quiet else logging.INFO
        if not self.access_log.isEnabledFor(level):
            return
        method = str(environ.get("REQUEST_METHOD", ""))[:MAX_VALUE]
        fields = {
            "event": "request",
            "method": method,
            "path": path,
            "status": status,
            "duration_ms": round(request_time.total_seconds() * 1000, 3),
            "bytes": getattr(resp, "sent", None),
            "client": environ.get("REMOTE_ADDR"),
            "user_agent": str(environ.get("HTTP_USER_AGENT", ""))[:MAX_VALUE],
            "request_id": environ.get(ENVIRON_KEY),
            "trace_id": str(environ.get("HTTP_X_AMZN_TRACE_ID", ""))[:MAX_VALUE] or None,
        }
        self.access_log.log(
            level,
            "%s %s %d",
            method,
            path,
            status,
            extra={"fields": {name: value for name, value in fields.items() if value is not None}},
        )
