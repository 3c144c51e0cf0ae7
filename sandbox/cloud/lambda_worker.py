"""Runs one function's handler as Lambda's Python runtime does: a file that stands by itself.

The emulator copies it beside the function's code and talks with it over pipes: one JSON line to
begin with, then one a call, each answered by one. It replaces the emulator's own, in which a
handler sees the environment and the packages of whoever started the sandbox, and what it logs
below WARNING is lost. Left out: /opt and /var/task, limits of memory and of /tmp.
"""

import importlib
import io
import json
import logging
import os
import site
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

PROVIDED = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda's Python has beside its standard library (Lambda developer guide, "Building Lambda
functions with Python"); everything else a function or a layer brings itself."""
KEPT = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
"""Without these of this machine's variables a function runs nothing, or reaches nobody."""
SET = ("AWS_", "LAMBDA_")
"""How the names begin that the emulator sets for the function."""
LAYERS = "_LAMBDA_LAYERS_DIRS"
"""The variable in which the emulator says where it laid the layers."""
TOLD = "_SLIPWAY"
"""The variable in which the patch hands over what the emulator has no place for."""
TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class Context:
    """What a handler is told beside its event."""

    identity = type("CognitoIdentity", (), {"cognito_identity_id": None})()
    client_context = None

    def __init__(self, call: dict[str, Any]) -> None:
        self._deadline = time.monotonic() + call["timeout_ms"] / 1000
        self.aws_request_id = call["request_id"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")

    def get_remaining_time_in_millis(self) -> int:
        """Until the call is cut off."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the log as it is."""
        sys.stdout.write(str(message))


class Provided:
    """Finds what Lambda brings along among this interpreter's packages, and nothing else."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = folders

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: object = None,  # noqa: ARG002 - importlib's protocol
    ) -> ModuleSpec | None:
        """Where the module is; None sends `importlib` on."""
        return PathFinder.find_spec(name, self._folders) if not path and name in PROVIDED else None


class Json(logging.Formatter):
    """A record as one JSON object, with the keys that Lambda gives it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": record.__dict__["aws_request_id"],
        }
        if record.exc_info and record.exc_info[0]:
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
            line["stackTrace"] = traceback.format_tb(record.exc_info[2])
        return json.dumps(line, default=str)


class Lines(logging.Handler):
    """Writes records where `print` writes, with the id of the call."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        record.__dict__["aws_request_id"] = self.request_id
        sys.stdout.write(self.format(record) + "\n")


def find_packages(code: str, layers: Sequence[str]) -> None:
    """Import from the function's code, its layers, the last one first, and what Lambda has."""
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    library = [path for path in sys.path if path.startswith(sys.base_prefix)]
    version = os.environ["AWS_EXECUTION_ENV"].removeprefix("AWS_Lambda_")
    sys.path[:] = [code]
    for layer in reversed(layers):
        python = Path(layer, "python")
        site.addsitedir(str(python / "lib" / version / "site-packages"))
        sys.path.append(str(python))
    sys.path += [path for path in library if path not in packages]
    sys.meta_path.append(Provided(packages))


def set_environment(init: dict[str, Any]) -> None:
    """Leave the function its own variables, and Lambda's."""
    own = dict(init["env"])
    told = json.loads(own.pop(TOLD, "{}"))
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in KEPT or key.lower() in PROXIES or key.startswith(SET)
    }
    scratch = Path(init["code_dir"]).with_name("tmp")
    scratch.mkdir(exist_ok=True)
    home = {"HOME": str(scratch), "TMPDIR": str(scratch), "TZ": ":UTC"}
    os.environ.clear()
    os.environ.update({**kept, **home, **told, **own})
    os.environ["LAMBDA_TASK_ROOT"] = init["code_dir"]
    time.tzset()


def start_logging() -> Lines:
    """Prepare `logging` as Lambda does before it imports the handler."""
    lines, root = Lines(), logging.getLogger()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        lines.setFormatter(Json())
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    else:
        formatter = logging.Formatter(TEXT, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        lines.setFormatter(formatter)
    root.addHandler(lines)
    return lines


def load(module: str, name: str) -> Callable[[Any, Context], Any] | str:
    """The handler, or the answer that says why there is none."""
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        said = f"Runtime.ImportModuleError: Unable to import module '{module}': {error}"
        return failed(error, said)
    except SyntaxError as error:
        said = f"Runtime.UserCodeSyntaxError: Syntax error in module '{module}': {error}"
        return failed(error, said)
    except Exception as error:  # noqa: BLE001 - whatever the function's code raises is its own
        return failed(error)
    try:
        handler: Callable[[Any, Context], Any] = getattr(found, name)
    except AttributeError as error:
        said = f"Runtime.HandlerNotFound: Handler '{name}' missing on module '{module}'"
        return failed(error, said)
    return handler


def run_snapshot_hooks() -> None:
    """What a published version with SnapStart runs once, where the package for it is there."""
    try:
        hooks = importlib.import_module("snapshot_restore_py")
    except ImportError:
        return
    for hook, arguments, named in (
        *reversed(hooks.get_before_snapshot()),
        *hooks.get_after_restore(),
    ):
        hook(*arguments, **named)


def answered(handler: Callable[[Any, Context], Any] | str, event: Any, context: Context) -> str:
    """One call's answer, as a line."""
    if isinstance(handler, str):
        return handler
    try:
        result = handler(event, context)
    except Exception as error:  # noqa: BLE001 - whatever the function's code raises is its own
        return failed(error)
    try:
        return json.dumps({"status": "ok", "result": result})
    except (TypeError, ValueError) as error:
        return failed(error, f"Runtime.MarshalError: Unable to marshal response: {error}")


def failed(error: Exception, said: str = "") -> str:
    """The answer that tells an exception; the runtime's own say something else in its place."""
    where = "".join(traceback.format_tb(error.__traceback__))
    what = said or "".join(traceback.format_exception_only(error)).rstrip("\n")
    message = said.partition(": ")[2] if said else str(error)
    trace = f"Traceback (most recent call last):\n{where}{what}"
    return json.dumps({"status": "error", "error": message, "trace": trace})


def main(
    prepare: Callable[[], None], per_call: dict[str, str], durable: Sequence[str] = ()
) -> None:
    """Serve calls until the pipe closes.

    Args:
        prepare: called before the handler is imported.
        per_call: the key of a call that is in the environment meanwhile, by the variable's name.
        durable: variables of which a call brings some under the key ``durable``.
    """
    # What the function, or a program that it runs, writes to file 1 belongs to its log.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    calls, sys.stdin, sys.stdout = sys.stdin, io.StringIO(), sys.stderr
    init = json.loads(calls.readline())
    layers = [part for part in os.environ.get(LAYERS, "").split(os.pathsep) if part]
    set_environment(init)
    find_packages(init["code_dir"], layers)
    lines = start_logging()
    prepare()
    handler = load(init["module"], init["handler"])
    begun = '{"status": "ready"}'
    if init.get("snapstart"):
        # Such a version is not published if it cannot start; others say so when they are called.
        if isinstance(handler, str):
            begun = handler
        else:
            run_snapshot_hooks()
    print(begun, file=answers, flush=True)
    for line in calls:
        message = json.loads(line)
        call = message["ctx"]
        lines.request_id = call["request_id"]
        brought = {name: call.get(key) for name, key in per_call.items()}
        brought |= {name: (call.get("durable") or {}).get(name) for name in durable}
        for name, value in brought.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = str(value)
        print(answered(handler, message["event"], Context(call)), file=answers, flush=True)
