"""Journeys: what passes, what fails, and what is said of each."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import journeys, session
from sandbox.journeys import Journey, JourneyFailed, Visit, every_journey, expect, take

GOOD: dict[str, tuple[int, str, str]] = {
    "/": (
        200,
        "application/json",
        json.dumps(
            {
                "message": "Hello from ECS Fargate!",
                "hostname": "a",
                "timestamp": "2026-01-01T00:00:00Z",
                "version": "1.0",
            }
        ),
    ),
    "/health": (200, "application/json", '{"status": "healthy"}'),
    "/ready": (200, "application/json", '{"status": "ready"}'),
    "/api/products": (200, "application/json", '{"products": [{"id": "P", "name": "N"}]}'),
    "/api/orders": (503, "application/json", '{"error": {"code": "closed"}}'),
}


class Shop:
    """A server that answers what a test tells it to."""

    def __init__(self) -> None:
        self.answers = dict(GOOD)
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, text = shop.answers[self.path]
                page = "text/html" in self.headers.get("Accept", "") and self.path == "/"
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if page else kind)
                if page:
                    self.send_header("Content-Security-Policy", "default-src 'self'")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def _visit(outputs: dict[str, Any]) -> Visit:
    return Visit(outputs, lambda service: None)


def _named(title: str) -> Journey:
    return next(item for item in every_journey() if title in item.title)


@pytest.mark.parametrize(
    "title",
    ["greets a program", "A browser gets", "Health and readiness", "catalogue", "An order without"],
)
def test_a_journey_passes_on_a_good_shop_and_shows_evidence(shop: Shop, title: str) -> None:
    report = take(_named(title), _visit({"storefront_url": shop.url}))
    assert report.verdict == "passed", report.evidence
    assert "→" in report.evidence[0]


@pytest.mark.parametrize(
    ("title", "path", "answer", "reason"),
    [
        ("greets", "/", (500, "application/json", "{}"), "GET / → 500, not 200"),
        ("greets", "/", (200, "application/json", '{"message": "Hi"}'), "the greeting is"),
        ("greets", "/", (200, "text/plain", "Hi"), "/ is not JSON: Hi"),
        ("A browser", "/", (404, "text/html", "gone"), "GET / as a browser → 404"),
        ("Health", "/ready", (503, "application/json", "{}"), "GET /ready → 503, not 200"),
        ("catalogue", "/api/products", (200, "application/json", "{}"), "lists nothing"),
        (
            "An order without",
            "/api/orders",
            (202, "application/json", "{}"),
            "/api/orders → 202, not 503",
        ),
    ],
)
def test_a_journey_fails_with_what_came_back(
    shop: Shop, title: str, path: str, answer: tuple[int, str, str], reason: str
) -> None:
    shop.answers[path] = answer
    report = take(_named(title), _visit({"storefront_url": shop.url}))
    assert report.verdict == "failed"
    assert reason in report.evidence[-1]


def test_a_shop_that_is_gone_is_a_failed_journey() -> None:
    report = take(_named("greets"), _visit({"storefront_url": "http://127.0.0.1:9"}))
    assert report.verdict == "failed"
    assert "got no answer" in report.evidence[-1]


def test_a_journey_without_what_it_needs_is_skipped_and_says_why() -> None:
    report = take(_named("greets"), _visit({}))
    assert (report.verdict, report.evidence) == (
        "skipped",
        ("this stack exports no storefront_url",),
    )


def test_a_journey_that_another_part_makes_pointless_is_skipped(shop: Shop) -> None:
    outputs = {"storefront_url": shop.url, "order_workflow_arn": "arn"}
    report = take(_named("An order without"), _visit(outputs))
    assert (report.verdict, report.evidence) == (
        "skipped",
        ("this stack exports order_workflow_arn",),
    )


def test_what_was_seen_before_a_failure_is_kept() -> None:
    def drive(visit: Visit) -> Iterator[str]:
        yield "the first step"
        expect(False, "the second did not come")

    report = take(Journey("two steps", (), None, drive), _visit({}))
    assert report.evidence == ("the first step", "the second did not come")


def test_an_error_in_a_journey_is_its_verdict() -> None:
    def drive(visit: Visit) -> Iterator[str]:
        raise KeyError("missing")
        yield ""

    report = take(Journey("broken", (), None, drive), _visit({}))
    assert report.verdict == "failed"
    assert "KeyError" in report.evidence[-1]


def test_expect_lets_what_is_met_pass() -> None:
    expect(True, "never said")
    with pytest.raises(JourneyFailed, match="said"):
        expect(False, "said")


def test_health_is_asked_before_anything_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    other = threading.Event()

    def breaks(visit: Visit) -> Iterator[str]:
        other.set()
        taken.append("other")
        yield "broke something"

    def asks(visit: Visit) -> Iterator[str]:
        other.wait(0.3)  # the other one has its chance to come first
        taken.append("health")
        yield "well"

    asks.__module__ = session.FIRST[0]
    both = [Journey("breaks", (), None, breaks), Journey("asks", (), None, asks)]
    monkeypatch.setattr(journeys, "every_journey", lambda: both)
    cloud: Any = SimpleNamespace(endpoint="http://127.0.0.1:9", region="us-east-1", account="1")
    result: Any = SimpleNamespace(outputs={})
    terminal: Any = SimpleNamespace(journey=lambda report: None)
    reports = session.drive(terminal, cloud, result)
    assert taken == ["health", "other"]
    assert [report.title for report in reports] == ["asks", "breaks"]


def test_the_first_journeys_break_nothing() -> None:
    found = [one for one in every_journey() if one.module in session.FIRST]
    assert {one.module for one in found} == set(session.FIRST)
    assert found[0].needs == ("health",)
