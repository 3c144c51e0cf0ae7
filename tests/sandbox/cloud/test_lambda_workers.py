"""What a handler finds around it, and what its log shows."""

import io
import json
import os
import zipfile
from typing import Any

import pytest

from sandbox.cloud.lambda_worker import KEPT, PROXIES, SET

from .functions import TRUST, eventually, make_function, zipped
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json, logging, os, sys, time
log = logging.getLogger("shop")
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("printed")
    os.system("echo from a program")
    log.info("at level %s", "info")
    if "import" in event:
        __import__(event["import"])
    if "raise" in event:
        try:
            raise LookupError("before")
        except LookupError as error:
            raise ValueError("two\\nlines") from error
    if "odd" in event:
        return {1, 2}
    return {
        "environment": dict(os.environ),
        "context": {
            key: getattr(context, key)
            for key in ("function_name", "function_version", "memory_limit_in_mb",
                        "invoked_function_arn", "log_group_name", "log_stream_name",
                        "aws_request_id")
        },
        "left": context.get_remaining_time_in_millis(),
        "zone": time.tzname[0],
        "stdin": sys.stdin.read(),
    }
"""


def _invoke(world: World, name: str, **event: Any) -> Any:
    answer = world.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def _messages(world: World, group: str) -> list[tuple[str, str]]:
    """Streams and messages, oldest first."""
    found = world.client("logs").filter_log_events(logGroupName=group)["events"]
    return [(item["logStreamName"], item["message"]) for item in found]


@pytest.fixture(scope="module")
def told(world: World) -> str:
    """A function with a log group of its own and an alias."""
    world.client("logs").create_log_group(logGroupName="/shop/told")
    make_function(
        world,
        "told",
        CODE,
        MemorySize=256,
        Timeout=10,
        LoggingConfig={"LogGroup": "/shop/told"},
        Environment={"Variables": {"STAGE": "test"}},
    )
    functions = world.client("lambda")
    functions.publish_version(FunctionName="told")
    functions.create_alias(FunctionName="told", Name="live", FunctionVersion="1")
    return "told"


def test_the_context_says_what_is_so(world: World, told: str) -> None:
    answer = _invoke(world, f"{told}:live")
    context = answer["context"]
    assert context["function_version"] == "1"
    assert context["invoked_function_arn"].endswith(":function:told:live")
    assert context["memory_limit_in_mb"] == "256"
    assert context["log_group_name"] == "/shop/told"
    assert 5_000 < answer["left"] <= 10_000
    streams = {
        stream
        for stream, message in _messages(world, "/shop/told")
        if context["aws_request_id"] in message
    }
    assert streams == {context["log_stream_name"]}


def test_the_environment_is_the_function_s_own(world: World, told: str) -> None:
    answer = _invoke(world, told)
    environment = answer["environment"]
    assert environment["STAGE"] == "test"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert (answer["zone"], answer["stdin"]) == ("UTC", "")
    lambda_s = {*KEPT, "HOME", "TMPDIR", "TZ", "STAGE", "_HANDLER", "_X_AMZN_TRACE_ID"}
    foreign = {
        key
        for key in environment
        if key not in lambda_s and key.lower() not in PROXIES and not key.startswith(SET)
    }
    assert foreign <= {"_MINISTACK_INVOKE_DEPTH", "LC_CTYPE"}
    assert environment["HOME"] != os.environ.get("HOME")


def test_a_changed_configuration_is_seen_by_the_next_call(world: World) -> None:
    make_function(world, "changing", CODE, Environment={"Variables": {"STAGE": "one"}})
    assert _invoke(world, "changing")["environment"]["STAGE"] == "one"
    world.client("lambda").update_function_configuration(
        FunctionName="changing", Environment={"Variables": {"STAGE": "two"}}
    )
    assert _invoke(world, "changing")["environment"]["STAGE"] == "two"


def test_lambda_s_packages_are_there_and_the_sandbox_s_own_are_not(world: World, told: str) -> None:
    assert "context" in _invoke(world, told, **{"import": "boto3"})
    answer = _invoke(world, told, **{"import": "yaml"})
    assert (answer["errorType"], answer["errorMessage"]) == (
        "ModuleNotFoundError",
        "No module named 'yaml'",
    )


def test_a_layer_s_packages_come_after_the_function_s_own(world: World) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("python/theirs.py", "WHO = 'the layer'")
        archive.writestr("python/both.py", "WHO = 'the layer'")
        # Where AWS looks goes by the runtime that is declared, not by the one that runs here.
        archive.writestr("python/lib/python3.12/site-packages/deep.py", "WHO = 'its folder'")
    functions = world.client("lambda")
    layer = functions.publish_layer_version(
        LayerName="packages", Content={"ZipFile": buffer.getvalue()}
    )["LayerVersionArn"]
    code = io.BytesIO(
        zipped(
            "import theirs, both, deep\ndef handler(*_):\n return theirs.WHO, both.WHO, deep.WHO"
        )
    )
    with zipfile.ZipFile(code, "a") as archive:
        archive.writestr("both.py", "WHO = 'the function'")
    functions.create_function(
        FunctionName="layered",
        Runtime="python3.12",
        Role=world.role("layered", trust=TRUST),
        Handler="code.handler",
        Code={"ZipFile": code.getvalue()},
        Layers=[layer],
    )
    assert _invoke(world, "layered") == ["the layer", "the function", "its folder"]


def test_what_is_logged_printed_and_raised_is_in_the_log(world: World) -> None:
    make_function(world, "talkative", CODE)
    answer = _invoke(world, "talkative", **{"raise": 1})
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "two\nlines")
    messages = [message for _, message in _messages(world, "/aws/lambda/talkative")]
    request = messages[0].split()[2]
    assert messages[0] == f"START RequestId: {request} Version: $LATEST"
    assert {"printed", "from a program"} <= set(messages)
    (line,) = [message for message in messages if message.startswith("[INFO]")]
    assert line.split("\t")[2:] == [request, "at level info"]
    (failure,) = [message for message in messages if "Traceback" in message]
    assert failure.startswith(
        "[ERROR] ValueError: two\nlines\nTraceback (most recent call last):\n"
    )
    assert 'raise ValueError("two' in failure  # where, in the same event
    assert "LookupError(" not in failure  # what it came from is not told
    assert messages[-1].startswith(f"REPORT RequestId: {request}\tDuration: ")


def test_a_log_in_json_is_json(world: World) -> None:
    make_function(
        world,
        "structured",
        CODE,
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
    )
    _invoke(world, "structured", **{"raise": 1})
    messages = [message for _, message in _messages(world, "/aws/lambda/structured")]
    lines = [json.loads(message) for message in messages if message.startswith("{")]
    start, info, error, report = lines
    assert (start["type"], report["type"]) == ("platform.start", "platform.report")
    request = start["record"]["requestId"]
    assert (info["level"], info["message"], info["logger"]) == ("INFO", "at level info", "shop")
    assert (error["level"], error["errorType"]) == ("ERROR", "ValueError")
    assert error["errorMessage"] == "two\nlines"
    assert all(line.startswith("  ") for line in error["stackTrace"])
    assert {info["requestId"], error["requestId"], report["record"]["requestId"]} == {request}
    assert report["record"]["status"] == "error"


def test_a_call_that_is_cut_off_ends_with_a_line_of_its_own(world: World) -> None:
    code = """
import logging, time
def handler(event, context):
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("caught")
    time.sleep(9)
"""
    make_function(world, "slow", code, Timeout=1)
    assert _invoke(world, "slow")["errorType"] == "Sandbox.Timedout"
    messages = [message for _, message in _messages(world, "/aws/lambda/slow")]
    assert "Task timed out after 1.00 seconds" in messages
    assert "ZeroDivisionError: division by zero" in messages
    assert not any(message.startswith("[ERROR] ") for message in messages)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            "import nothing_here",
            "Runtime.ImportModuleError",
            "Unable to import module 'code': No module named 'nothing_here'",
        ),
        (
            "def handle(event, context): pass",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'code'",
        ),
        (
            "def handler(event, context) pass",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'code': expected ':' (code.py, line 1)",
        ),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_function_that_cannot_start_says_why(
    world: World, code: str, kind: str, message: str
) -> None:
    name = f"broken-{kind.rpartition('.')[2]}"
    make_function(world, name, code)
    answer = _invoke(world, name)
    assert (answer["errorType"], answer["errorMessage"]) == (kind, message)
    assert any(
        text.startswith(f"[ERROR] {kind}: ") for _, text in _messages(world, f"/aws/lambda/{name}")
    )


def test_an_answer_that_is_not_json_is_an_error(world: World, told: str) -> None:
    answer = _invoke(world, told, odd=True)
    assert answer["errorType"] == "Runtime.MarshalError"


def test_a_role_that_may_not_log_leaves_no_log(world: World) -> None:
    functions, logs = world.client("lambda"), world.client("logs")
    logs.create_log_group(logGroupName="/shop/mute")
    functions.create_function(
        FunctionName="mute",
        Runtime="python3.12",
        Role=world.role("mute", trust=TRUST),
        Handler="code.handler",
        Code={"ZipFile": zipped(CODE)},
        LoggingConfig={"LogGroup": "/shop/mute"},
    )
    assert "context" in _invoke(world, "mute")
    assert _messages(world, "/shop/mute") == []
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/shop/mute:*"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": group}
    world.client("iam").put_role_policy(
        RoleName="mute",
        PolicyName="log",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    eventually(lambda: _invoke(world, "mute") and _messages(world, "/shop/mute"))


def test_a_group_is_made_only_by_a_role_that_may_make_it(world: World) -> None:
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/ungrouped"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    world.client("lambda").create_function(
        FunctionName="ungrouped",
        Runtime="python3.12",
        Role=world.role(
            "ungrouped",
            [{"Effect": "Allow", "Action": actions, "Resource": f"{group}:*"}],
            trust=TRUST,
        ),
        Handler="code.handler",
        Code={"ZipFile": zipped(CODE)},
    )
    assert "context" in _invoke(world, "ungrouped")
    found = world.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/ungrouped")
    assert found["logGroups"] == []


@pytest.mark.parametrize(("broken", "state"), [("", "Active"), ("1 / 0", "Failed")])
def test_a_version_with_snapstart_is_started_when_it_is_published(
    world: World, broken: str, state: str
) -> None:
    hooks = "def get_before_snapshot(): return [(calls.append, (1,), {}), (calls.append, (2,), {})]"
    after = "def get_after_restore(): return [(calls.append, (3,), {})]"
    code = io.BytesIO(
        zipped(f"from snapshot_restore_py import calls\ndef handler(*_): return calls\n{broken}")
    )
    with zipfile.ZipFile(code, "a") as archive:
        archive.writestr("snapshot_restore_py.py", f"calls = []\n{hooks}\n{after}")
    name, functions = f"snapped-{state}", world.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=world.role(name, trust=TRUST),
        Handler="code.handler",
        Code={"ZipFile": code.getvalue()},
        SnapStart={"ApplyOn": "PublishedVersions"},
    )
    functions.publish_version(FunctionName=name)
    look = {"FunctionName": name, "Qualifier": "1"}
    eventually(lambda: functions.get_function_configuration(**look)["State"] == state)
    if state == "Active":
        assert _invoke(world, f"{name}:1") == [2, 1, 3]
