"""Runs one function's handler as Lambda's Python runtime does: a file that stands by itself.

The emulator copies it beside the function's code and talks with it over pipes: one JSON line to
begin with, then one a call, each answered by one. It replaces the emulator's own, in which a
handler sees the environment and the packages of whoever started the sandbox, and `logging` below
WARNING is lost. Left out: /opt and /var/task, limits of memory and of /tmp.
"""

import importlib
import json
import logging
import os
import site
import sys
import time
import traceback
from importlib.machinery import ModuleSpec, PathFinder

PROVIDED = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda's Python has beside its standard library (Lambda developer guide, "Building Lambda
functions with Python"); everything else a function or a layer brings itself."""
KEPT = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
KEPT += ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
"""What of this machine's environment a function cannot run without, or reach anything."""
OWN = ("AWS_", "LAMBDA_", "_LAMBDA_")
"""How the names begin that the emulator sets for the function."""
TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class Context:
    """What a handler is told beside its event."""

    identity = type("CognitoIdentity", (), dict.fromkeys(("cognito_identity_id",)))()
    client_context = None

    def __init__(self, call: dict, told: dict) -> None:
        self._deadline = time.monotonic() + call["timeout_ms"] / 1000
        self.aws_request_id = call["request_id"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = told["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = told["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        """Until the call is cut off."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the log without a line's end of its own."""
        sys.stdout.write(str(message))


class Provided:
    """Finds what Lambda brings along in the packages of this interpreter, and nothing else."""

    def __init__(self, folders: list[str]) -> None:
        self._folders = folders

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Part of `importlib`'s protocol."""
        if path is None and name in PROVIDED:
            return PathFinder.find_spec(name, self._folders)
        return None


class Json(logging.Formatter):
    """A record as one JSON object, with the keys that Lambda gives it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": record.aws_request_id,
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
        record.aws_request_id = self.request_id
        sys.stdout.write(self.format(record) + "\n")


def environment(init: dict) -> dict:
    """Leave the function its own environment; returns what the sandbox tells beside it."""
    own = dict(init["env"])
    told = json.loads(own.pop("_SLIPWAY"))
    kept = {key: value for key, value in os.environ.items() if key in KEPT or key.startswith(OWN)}
    scratch = os.path.join(os.path.dirname(init["code_dir"]), "tmp")
    os.makedirs(scratch, exist_ok=True)
    os.environ.clear()
    os.environ.update({**kept, "TMPDIR": scratch, "HOME": scratch, "LANG": "en_US.UTF-8"})
    os.environ.update({"TZ": ":UTC", **told, **own})
    os.environ["LAMBDA_TASK_ROOT"] = init["code_dir"]
    time.tzset()
    return told


def search_path(code: str) -> None:
    """The function's code, then its layers, the last one first, then the standard library."""
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = [path for path in sys.path if path.startswith(sys.base_prefix)]
    sys.path[:] = [code]
    layers = os.environ.pop("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)
    for layer in reversed([folder for folder in layers if folder]):
        site.addsitedir(os.path.join(layer, "python", "lib", python, "site-packages"))
        sys.path.append(os.path.join(layer, "python"))
    sys.path += [path for path in library if path not in packages]
    sys.meta_path.append(Provided(packages))


def logs(told: dict) -> Lines:
    """Prepare `logging` as Lambda does before it imports the handler."""
    lines = Lines()
    structured = told.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    text = logging.Formatter(TEXT, "%Y-%m-%dT%H:%M:%S")
    text.converter = time.gmtime
    lines.setFormatter(Json() if structured else text)
    root = logging.getLogger()
    root.addHandler(lines)
    if structured:
        level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}
        wanted = told.get("AWS_LAMBDA_LOG_LEVEL") or "INFO"
        root.setLevel(level.get(wanted, wanted))
    return lines


def load(init: dict) -> tuple[object, str]:
    """The handler, or None and what stands in the log instead of it."""
    try:
        module = importlib.import_module(init["module"])
    except ImportError as error:
        said = f"Runtime.ImportModuleError: Unable to import module '{init['module']}': {error}"
        return None, traceback.format_exc() + said
    except Exception:
        return None, traceback.format_exc()
    try:
        return getattr(module, init["handler"]), ""
    except AttributeError:
        said = f"Handler '{init['handler']}' missing on module '{init['module']}'"
        return None, f"Traceback (most recent call last)\nRuntime.HandlerNotFound: {said}"


def snapshot_hooks() -> None:
    """What a published version with SnapStart runs once, where the package is there."""
    try:
        hooks = importlib.import_module("snapshot_restore_py")
    except ImportError:
        return
    for function, arguments, named in [
        *reversed(hooks.get_before_snapshot()),
        *hooks.get_after_restore(),
    ]:
        function(*arguments, **named)


def main(prepare: object, per_call: dict[str, str]) -> None:
    """Serve until the pipe closes.

    Args:
        prepare: called before the handler is imported.
        per_call: environment variables that a call may set, by their key in the call.
    """
    # What the function or a program of its own writes to file 1 belongs to its log.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    calls, sys.stdin = sys.stdin, open(os.devnull)
    init = json.loads(calls.readline())
    told = environment(init)
    search_path(init["code_dir"])
    lines = logs(told)
    prepare()
    handler, broken = load(init)
    if init.get("snapstart") and not broken:
        snapshot_hooks()
    failed = {"status": "error", "error": broken.rpartition("\n")[2].partition(": ")[2]}
    # A version with SnapStart is not published if it cannot start; others say so when called.
    begun = failed if broken and init.get("snapstart") else {"status": "ready"}
    print(json.dumps(begun), file=answers, flush=True)
    for message in calls:
        call = json.loads(message)["ctx"]
        lines.request_id = call["request_id"]
        for name, key in per_call.items():
            value = call.get("durable", {}).get(name) if key == "durable" else call.get(key)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = str(value)
        if broken:
            answer = {**failed, "trace": broken}
        else:
            try:
                result = handler(json.loads(message)["event"], Context(call, told))
                answer = {"status": "ok", "result": result}
                json.dumps(answer)
            except Exception as error:
                answer = {"status": "error", "error": str(error), "trace": traceback.format_exc()}
        sys.stdout.flush()
        print(json.dumps(answer), file=answers, flush=True)
