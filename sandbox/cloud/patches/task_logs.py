"""Task output to CloudWatch Logs in batches, as the log driver sends it.

The emulator makes one API call a line, which a busy service would feel in every request.
"""

import logging
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs, ecs

from sandbox.cloud.settings import Settings

from . import guard

_log = logging.getLogger("sandbox.task_logs")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Replace the forwarder."""
    guard.checked(cloudwatch_logs, "_put_log_events", "(data)")
    guard.checked(ecs, "_ensure_awslogs_stream", "(config)")
    guard.replace(ecs, "_forward_awslogs", "(container, config, account_id, region)", _forward)


def _forward(container: Any, config: dict[str, Any], account_id: str, region: str) -> None:
    with request_scope(account_id, region):
        if not ecs._ensure_awslogs_stream(config):
            return
        try:
            for chunk in container.logs(stream=True, follow=True, stdout=True, stderr=True):
                _put(config, chunk)
        except Exception as error:  # noqa: BLE001 - the container is gone
            _log.warning("forwarding the output of %s ended: %s", container.id[:12], error)


def _put(config: dict[str, Any], chunk: bytes) -> None:
    now = int(time.time() * 1000)
    lines = chunk.decode("utf-8", errors="replace").splitlines()
    if lines:
        cloudwatch_logs._put_log_events(
            {
                "logGroupName": config["group"],
                "logStreamName": config["stream"],
                "logEvents": [{"timestamp": now, "message": line} for line in lines],
            }
        )
