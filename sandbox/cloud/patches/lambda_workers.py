"""Functions run in Lambda's environment, and their log is where and as they were told.

``sandbox/cloud/lambda_worker.py`` takes the place of the emulator's worker. The emulator writes
each call's lines into a stream of their own, which the handler knows nothing of, and as text
whatever the format; and it writes for roles that may not.
"""

import itertools
import json
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch_logs, lambda_svc

from sandbox.cloud.lambda_worker import TOLD
from sandbox.cloud.settings import Settings

from . import guard, lambda_errors, lambda_roles, log_groups

_stream: ContextVar[str] = ContextVar("stream", default="")
"""Log stream of the worker that the present call runs in."""
_STOPPED = re.compile(r"(Task timed out after .* seconds|Worker process died)\Z")
"""How the log of a call ends that the emulator broke off, without a traceback."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Run our worker and write its log."""
    guard.wrap(lambda_runtime, "_detect_runtime_binary", "(runtime: str) -> tuple[str, str]", _ours)
    guard.wrap(
        lambda_svc,
        "acquire_worker",
        "(func_name: str, config: dict, code_zip: bytes, qualifier: str = '$LATEST', "
        "max_concurrency: int | None = None)",
        _told,
    )
    guard.wrap(
        lambda_svc,
        "_emit_lambda_logs",
        "(func: dict, request_id: str, log_text: str, error: bool, duration_ms: int, *, "
        "log_source: str | None = None) -> None",
        _written,
    )


def _ours(original: Callable[..., Any]) -> Callable[..., Any]:
    own = (Path(__file__).parents[1] / "lambda_worker.py").read_text()
    per_call = {"_X_AMZN_TRACE_ID": "trace_id", lambda_runtime.INVOKE_DEPTH_ENV: "depth"}
    durable = list(lambda_runtime.DURABLE_ENV_VARS)
    # The emulator's own piece counts how deep functions call one another.
    begin = f"{own}\n{lambda_runtime.INVOKE_DEPTH_BOOTSTRAP}\n"
    script = f"{begin}main(_ms_install_invoke_depth, {per_call!r}, {durable!r})\n"

    def detect(runtime: str) -> Any:
        binary, text = original(runtime)
        return binary, script if runtime.startswith("python") else text

    return detect


def _told(original: Callable[..., Any]) -> Callable[..., Any]:
    def acquire(func_name: str, config: dict[str, Any], *more: Any, **named: Any) -> Any:
        if not str(config.get("Runtime", "")).startswith("python"):
            return original(func_name, config, *more, **named)
        version = config.get("Version", "$LATEST")
        told = {
            "AWS_LAMBDA_LOG_GROUP_NAME": _group(config),
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{datetime.now(UTC):%Y/%m/%d}/[{version}]"
            + new_uuid().replace("-", ""),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
            "_HANDLER": config.get("Handler", ""),
        }
        logging = config.get("LoggingConfig") or {}
        if logging.get("LogFormat") == "JSON":
            told["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
            told["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel") or "INFO"
        variables = (config.get("Environment") or {}).get("Variables") or {}
        environment = {"Variables": {**variables, TOLD: json.dumps(told)}}
        worker, how = original(func_name, {**config, "Environment": environment}, *more, **named)
        if worker is not None:
            # A worker that is used again keeps what it was told first.
            told = json.loads(worker.config["Environment"]["Variables"][TOLD])
            _stream.set(told["AWS_LAMBDA_LOG_STREAM_NAME"])
        return worker, how

    return acquire


def _group(config: Mapping[str, Any]) -> str:
    given = (config.get("LoggingConfig") or {}).get("LogGroup")
    return str(given or f"/aws/lambda/{config['FunctionName']}")


def _written(original: Callable[..., Any]) -> Callable[..., Any]:
    def write(
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,
        duration_ms: int,
        *,
        log_source: str | None = None,
    ) -> None:
        config, stream = func.get("config") or func, _stream.get()
        if log_source or not stream:  # from a container, or from another runtime
            original(func, request_id, log_text, error, duration_ms, log_source=log_source)
            return
        _stream.set("")
        group = _group(config)
        needed = ["logs:CreateLogStream", "logs:PutLogEvents"]
        if group not in cloudwatch_logs._log_groups:
            needed.append("logs:CreateLogGroup")
        arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}"
        # The group's own action is on the group, the others on a stream in it.
        where = {"logs:CreateLogGroup": arn}
        into = f"{arn}:log-stream:{stream}"
        if any(lambda_roles.known_refusal(config, act, where.get(act, into)) for act in needed):
            return
        cloudwatch_logs._create_log_group({"logGroupName": group})
        lines = _Call(config, request_id, error, duration_ms).lines(log_text)
        log_groups.write(group, stream, lines)

    return write


class _Call:
    """What is written of one call."""

    def __init__(
        self, config: Mapping[str, Any], request_id: str, error: bool, milliseconds: int
    ) -> None:
        self.id, self.error, self.milliseconds = request_id, error, milliseconds
        self.version = config.get("Version", "$LATEST")
        self.memory = int(config.get("MemorySize", 128))
        self.used = lambda_svc._probe_peak_memory_mb({"config": config})
        self.logging = config.get("LoggingConfig") or {}

    def lines(self, text: str) -> list[str]:
        """The function's own lines between the platform's."""
        # The worker hands the traceback of a failed call over as the last of its lines.
        raised = self.error and not _STOPPED.search(text)
        begin = text.rfind(lambda_errors.HEADER) if raised else -1
        own, trace = (text, "") if begin < 0 else (text[:begin], text[begin:])
        json_format = self.logging.get("LogFormat") == "JSON"
        failure = [self._structured(trace) if json_format else _plain(trace)] if trace else []
        begun, ended = self._platform_json() if json_format else self._platform_text()
        return [*begun, *own.splitlines(), *failure, *ended]

    def _structured(self, trace: str) -> str:
        kind, message, where = _parts(trace)
        line = {
            "timestamp": _now(),
            "level": "ERROR",
            "errorMessage": message,
            "errorType": kind,
            "requestId": self.id,
            "stackTrace": where,
        }
        return json.dumps(line)

    def _platform_text(self) -> tuple[list[str], list[str]]:
        report = (
            f"REPORT RequestId: {self.id}\tDuration: {self.milliseconds} ms\t"
            f"Billed Duration: {self.milliseconds} ms\tMemory Size: {self.memory} MB\t"
            f"Max Memory Used: {self.used} MB"
        )
        begun = f"START RequestId: {self.id} Version: {self.version}"
        return [begun], [f"END RequestId: {self.id}", report]

    def _platform_json(self) -> tuple[list[str], list[str]]:
        if self.logging.get("SystemLogLevel") == "WARN":
            return [], []
        metrics = {
            "durationMs": self.milliseconds,
            "billedDurationMs": self.milliseconds,
            "memorySizeMB": self.memory,
            "maxMemoryUsedMB": self.used,
        }
        status = "error" if self.error else "success"
        begun = {"requestId": self.id, "version": self.version}
        ended = {"requestId": self.id, "metrics": metrics, "status": status}
        lines = [
            json.dumps({"time": _now(), "type": f"platform.{kind}", "record": record})
            for kind, record in (("start", begun), ("report", ended))
        ]
        return lines[:1], lines[1:]


def _plain(trace: str) -> str:
    """The failure first, then where: one event, as Lambda's runtime writes it."""
    kind, message, where = _parts(trace)
    head = f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}"
    return "\n".join([head, lambda_errors.HEADER.rstrip(), *where])


def _parts(trace: str) -> tuple[str, str, list[str]]:
    """Class and message of the exception, and the lines that say where it was raised."""
    kind, message = lambda_errors.failure(trace) or ("Error", "")
    lines = trace.splitlines()[1:]
    return kind, message, list(itertools.takewhile(lambda line: line.startswith(" "), lines))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
