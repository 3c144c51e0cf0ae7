"""The report function, with the packages of its layer."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

KEY = "k3y-of-the-partner"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/slipway/dev/key"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf"


class Answers(BaseHTTPRequestHandler):
    """What the outside world says, by the path that is asked."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["x-api-key"]))
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/json")
            self.end_headers()
            return
        text = {
            "/json": json.dumps({"rate": 1.08}),
            "/echo": json.dumps(dict(self.headers)),
            "/text": "no JSON",
            "/spelt": f'{{"you sent": "\\u006b{KEY[1:]}"}}',
        }.get(self.path, self.headers["x-api-key"] or "")
        self.send_response(200 if self.path in ("/json", "/echo", "/text", "/spelt") else 403)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def world() -> Iterator[str]:
    """Address of a server that answers as ``Answers``."""
    Answers.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def report(
    load: Callable[[str], ModuleType], report_packages: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    for name in ("DEBUG", "ENVIRONMENT", "EXTERNAL_URL", "API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return load("report")


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What SSM and Secrets Manager are asked; both know the key."""
    import boto3

    asked: list[tuple[str, dict[str, Any]]] = []

    class Store:
        def __init__(self, service: str, **_: object) -> None:
            self.service = service

        def get_parameter(self, **arguments: Any) -> Any:
            asked.append((self.service, arguments))
            return {"Parameter": {"Value": KEY}}

        def get_secret_value(self, **arguments: Any) -> Any:
            asked.append((self.service, arguments))
            return {"SecretString": KEY}

    monkeypatch.setattr(boto3, "client", Store)
    return asked


def test_a_report_has_the_table_the_world_and_the_version(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXTERNAL_URL", f"{world}/json")
    monkeypatch.setenv("ENVIRONMENT", "dev")
    answer = report.handler({}, context)
    kinds = answer["dataframe_info"].pop("dtypes")
    assert answer == {
        "message": "Report from a function with a layer",
        "environment": "dev",
        "debug_mode": False,
        "dataframe_info": {
            "shape": [4, 4],
            "columns": ["product", "name", "price", "sold"],
            "mean_price": 45.44,
            "revenue": 5028.83,
            "best_seller": "PROD-002",
        },
        "external_data": {"rate": 1.08},
        "function_version": "7",
    }
    assert (kinds["price"], kinds["sold"]) == ("float64", "int64")
    json.dumps(answer)


def test_a_report_of_a_bare_environment_says_what_is_missing(
    report: ModuleType, context: SimpleNamespace
) -> None:
    answer = report.handler({}, context)
    assert (answer["environment"], answer["debug_mode"]) == ("unknown", False)
    assert answer["external_data"] == {"error": "EXTERNAL_URL is not set"}


def test_a_table_is_described_from_its_rows(report: ModuleType) -> None:
    rows = [{"product": "A", "price": 2.5, "sold": 4}, {"product": "B", "price": 20.0, "sold": 1}]
    info = report.dataframe_info(report.pd.DataFrame(rows))
    assert info["shape"] == [2, 3]
    assert info["columns"] == ["product", "price", "sold"]
    assert (info["mean_price"], info["revenue"], info["best_seller"]) == (11.25, 30.0, "B")


@pytest.mark.parametrize(("debug", "shown"), [("true", True), ("True", True), ("1", False)])
def test_debugging_says_what_the_invocation_has_and_only_then(
    report: ModuleType,
    context: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    debug: str,
    shown: bool,
) -> None:
    assert "debug_info" not in report.handler({}, context)
    monkeypatch.setenv("DEBUG", debug)
    answer = report.handler({}, context)
    assert answer["debug_mode"] is shown
    expected = {"memory_limit": 256, "remaining_time": 29_000, "log_group": "/slipway/shop"}
    assert answer.get("debug_info") == (expected if shown else None)


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        (PARAMETER, ("ssm", {"Name": "/slipway/dev/key", "WithDecryption": True})),
        (SECRET, ("secretsmanager", {"SecretId": SECRET})),
    ],
)
def test_the_key_is_read_once_by_its_reference_and_sent_along(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    stores: Any,
    monkeypatch: pytest.MonkeyPatch,
    reference: str,
    asked: Any,
) -> None:
    monkeypatch.setenv("EXTERNAL_URL", f"{world}/json")
    monkeypatch.setenv("API_KEY", reference)
    for _ in range(2):
        assert report.handler({}, context)["external_data"] == {"rate": 1.08}
    assert stores == [asked]
    assert Answers.asked == [("/json", KEY)] * 2


@pytest.mark.parametrize("path", ["/json", "/echo", "/spelt", "/text", "/forbidden", "/elsewhere"])
def test_the_key_is_never_returned_or_printed(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    stores: Any,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    path: str,
) -> None:
    monkeypatch.setenv("DEBUG", "true")
    monkeypatch.setenv("EXTERNAL_URL", f"{world}{path}")
    monkeypatch.setenv("API_KEY", PARAMETER)
    answer = report.handler({}, context)
    assert (path, KEY) in Answers.asked
    written = "".join(capfd.readouterr())
    assert KEY not in json.dumps(answer) + written


def test_the_key_is_not_carried_to_where_an_answer_points(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    stores: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXTERNAL_URL", f"{world}/elsewhere")
    assert report.handler({}, context)["external_data"] == {"rate": 1.08}
    monkeypatch.setenv("API_KEY", PARAMETER)
    assert "error" in report.handler({}, context)["external_data"]
    assert Answers.asked == [("/elsewhere", None), ("/json", None), ("/elsewhere", KEY)]


def test_an_address_that_does_not_answer_is_an_entry_and_not_the_end(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(url: str) -> Any:
        monkeypatch.setenv("EXTERNAL_URL", url)
        answer = report.handler({}, context)
        assert answer["dataframe_info"]["shape"] == [4, 4]
        return answer["external_data"]

    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert asked(f"http://127.0.0.1:{port}/") == {"error": "ConnectionError"}
    assert asked(f"{world}/forbidden") == {"error": "HTTPError", "status": 403}
    assert asked(f"{world}/text")["error"] == "JSONDecodeError"
    assert asked("nowhere") == {"error": "MissingSchema"}
    assert asked("") == {"error": "EXTERNAL_URL is not set"}


def test_an_error_s_text_is_left_out_for_it_may_quote_the_key(
    report: ModuleType,
    context: SimpleNamespace,
    stores: Any,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(url: str, *, headers: dict[str, str], timeout: float, **_: object) -> None:
        assert timeout <= 10
        raise report.requests.exceptions.ConnectionError(f"sent {headers} to {url}")

    monkeypatch.setattr(report.requests, "get", broken)
    monkeypatch.setenv("EXTERNAL_URL", "https://api.example.com/status")
    monkeypatch.setenv("API_KEY", PARAMETER)
    answer = report.handler({}, context)
    assert answer["external_data"] == {"error": "ConnectionError"}
    assert KEY not in json.dumps(answer) + "".join(capfd.readouterr())


def test_a_store_that_does_not_answer_is_an_entry_and_not_the_end(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "TIMEOUT_SECONDS", 0.2)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("EXTERNAL_URL", f"{world}/json")
    monkeypatch.setenv("API_KEY", PARAMETER)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        answer = report.handler({}, context)
    assert answer["external_data"] == {"error": "ReadTimeoutError"}
    assert time.monotonic() - began < 60  # with boto3's own waits it takes five minutes
    assert Answers.asked == []


def test_a_key_that_cannot_be_read_is_an_entry_and_asks_nobody(
    report: ModuleType,
    context: SimpleNamespace,
    world: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(arn: str) -> str:
        raise PermissionError(f"AccessDenied: {arn}")

    monkeypatch.setattr(report, "secret", denied)
    monkeypatch.setenv("EXTERNAL_URL", f"{world}/json")
    monkeypatch.setenv("API_KEY", PARAMETER)
    assert report.handler({}, context)["external_data"] == {"error": "PermissionError"}
    assert Answers.asked == []
