"""Liveness and readiness."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from storefront.readiness import Cached
from storefront.services import services_of

from .conftest import MemoryDesk


def test_health_is_healthy(client: FlaskClient) -> None:
    response = client.get("/health")
    assert (response.status_code, response.get_json()) == (200, {"status": "healthy"})


def test_health_depends_on_nothing(shop: FlaskClient, desk: MemoryDesk) -> None:
    desk.broken = RuntimeError("gone")
    assert shop.get("/health").status_code == 200


def test_a_storefront_without_dependencies_is_ready(client: FlaskClient) -> None:
    response = client.get("/ready")
    assert (response.status_code, response.get_json()) == (200, {"status": "ready"})


def test_a_storefront_is_ready_while_its_dependencies_work(shop: FlaskClient) -> None:
    assert shop.get("/ready").status_code == 200


def test_what_is_not_ready_is_named_with_the_reason(shop: FlaskClient, desk: MemoryDesk) -> None:
    desk.broken = ConnectionError("no answer from the workflow")
    response = shop.get("/ready")
    assert response.status_code == 503
    assert response.get_json() == {
        "status": "not ready",
        "failures": {"order workflow": "no answer from the workflow"},
    }


def test_a_reason_without_words_is_named_by_its_kind(shop: FlaskClient, desk: MemoryDesk) -> None:
    desk.broken = TimeoutError()
    assert shop.get("/ready").get_json()["failures"] == {"order workflow": "TimeoutError"}


def test_a_draining_storefront_is_alive_and_not_ready(app: Flask, client: FlaskClient) -> None:
    services_of(app).readiness.draining = True
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.get_json()["failures"]["process"].startswith("draining")
    assert client.get("/health").status_code == 200


def test_a_cached_check_keeps_its_outcome_for_its_time_good_or_bad() -> None:
    now = 0.0
    made: list[float] = []
    broken = False

    def check() -> None:
        made.append(now)
        if broken:
            raise ConnectionError("gone")

    cached = Cached(check, 5, clock=lambda: now)
    cached()
    broken, now = True, 4.9
    cached()
    now = 5.0
    for moment in (5.0, 9.9):
        now = moment
        with pytest.raises(ConnectionError, match="gone"):
            cached()
    broken, now = False, 10.0
    cached()
    assert made == [0.0, 5.0, 10.0]
