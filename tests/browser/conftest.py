"""A real browser, and a shop whose desk a test moves by hand."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.app.conftest import storefront

from storefront.orders import (  # isort: skip  # found through the line above
    ClosedDesk,
    DeskTroubleError,
    Order,
    OrderDesk,
    OrderState,
    Status,
)
from storefront.readiness import Check  # isort: skip

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
FLAGS = [
    "--no-sandbox",  # containers and CI run as root, which Chromium's own sandbox refuses
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("browser: no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class HandDesk:
    """A desk with one order at a time, which goes on when the test says so."""

    state: OrderState | None = None
    orders: dict[str, Order] = field(default_factory=dict)
    """By idempotency key."""
    asked: int = 0
    trouble: DeskTroubleError | None = None
    open: threading.Event = field(default_factory=threading.Event)
    """Cleared: whoever places an order waits."""

    def __post_init__(self) -> None:
        self.open.set()

    def place(self, order: Order, key: str, /) -> OrderState:
        self.open.wait(60)
        if self.trouble:
            raise self.trouble
        if key not in self.orders:
            self.orders[key] = order
            self.state = OrderState("ORD-AAAAAAAAAA", Status.ACCEPTED, "We have it.")
        assert self.state
        return self.state

    def find(self, order_id: str, /) -> OrderState | None:
        self.asked += 1
        return self.state if self.state and self.state.order_id == order_id else None

    def checks(self) -> Mapping[str, Check]:
        return {}

    def move(self, status: str, message: str, **known: Any) -> None:
        assert self.state
        self.state = replace(self.state, status=Status(status), message=message, **known)


@pytest.fixture
def desk() -> HandDesk:
    return HandDesk()


def served(desk: OrderDesk) -> Iterator[str]:
    """Serve a shop with this desk, on a port of its own."""
    server = make_server("127.0.0.1", 0, storefront(desk=desk), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def visited(browser: Browser, url: str, width: int = 1100, height: int = 900) -> Iterator[Page]:
    """A page of its own storage; a mistake in a script fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def shop(browser: Browser, desk: HandDesk) -> Iterator[Page]:
    """The page of a shop that takes orders at `desk`."""
    for url in served(desk):
        yield from visited(browser, url)


@pytest.fixture
def phone(browser: Browser, desk: HandDesk) -> Iterator[Page]:
    """The same on a small screen."""
    for url in served(desk):
        yield from visited(browser, url, width=360, height=740)


@pytest.fixture
def closed_shop(browser: Browser) -> Iterator[Page]:
    """The page of a shop without a workflow."""
    for url in served(ClosedDesk()):
        yield from visited(browser, url)
