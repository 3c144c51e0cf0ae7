"""What the storefront's tests share. The application is a deployable of its own, not a package of
the repository: its folder is put on the path here, as gunicorn.conf.py does."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
sys.path.insert(0, str(APP))

from flask import Flask  # noqa: E402
from flask.testing import FlaskClient  # noqa: E402
from storefront import create_app  # noqa: E402
from storefront.config import Settings  # noqa: E402
from storefront.orders import KeyReusedError, Order, OrderDesk, OrderState, Status  # noqa: E402
from storefront.readiness import Check  # noqa: E402
from werkzeug.test import TestResponse  # noqa: E402

from . import aws as fakes  # noqa: E402


class Client(FlaskClient):
    """Reads every answer to its end, so that the files behind static answers are closed."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs["buffered"] = True
        return super().open(*args, **kwargs)


def storefront(settings: Settings | None = None, desk: OrderDesk | None = None) -> Flask:
    """Return a storefront that is independent of the environment."""
    app = create_app(settings or Settings(), desk)
    app.test_client_class = Client
    return app


class MemoryDesk:
    """An order desk that keeps its orders in memory."""

    def __init__(self) -> None:
        self.placed: dict[str, Order] = {}
        self.states: dict[str, OrderState] = {}
        self.broken: Exception | None = None

    def place(self, order: Order, key: str, /) -> OrderState:
        if self.placed.setdefault(key, order) != order:
            raise KeyReusedError
        state = OrderState(f"ORD-{key}", Status.ACCEPTED, "We have your order.")
        return self.states.setdefault(state.order_id, state)

    def find(self, order_id: str, /) -> OrderState | None:
        return self.states.get(order_id)

    def checks(self) -> Mapping[str, Check]:
        return {"order workflow": self._check}

    def _check(self) -> None:
        if self.broken:
            raise self.broken


@pytest.fixture
def app() -> Flask:
    """The storefront of a deployment that takes no orders."""
    return storefront()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def shop(desk: MemoryDesk) -> FlaskClient:
    """A client of a storefront that takes orders at `desk`."""
    return storefront(desk=desk).test_client()


def aws_environment(url: str) -> dict[str, str]:
    """The environment of a task: boto3 finds everything there, and nothing elsewhere."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nowhere/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
    }


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.FakeAws]:
    """A fake of AWS, which boto3 is pointed to; its pauses between attempts take no time."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
    with fakes.running() as aws:
        for name, value in aws_environment(aws.url).items():
            monkeypatch.setenv(name, value)
        yield aws


@pytest.fixture
def open_shop(aws: fakes.FakeAws) -> Flask:
    """A storefront whose orders go to the fake of AWS."""
    return storefront(Settings(orders_table=fakes.TABLE, order_workflow_arn=fakes.WORKFLOW))
