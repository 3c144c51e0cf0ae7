"""The front door, for programs and for browsers."""

import re
import socket
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from storefront.config import Settings

from .conftest import storefront

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "text/html;q=0.5, application/json"]
)
def test_programs_get_the_greeting_as_json(client: FlaskClient, accept: str | None) -> None:
    response = client.get("/", headers={"Accept": accept} if accept else {})
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    body = response.get_json()
    assert set(body) == {"message", "hostname", "timestamp", "version"}
    assert body["message"] == "Hello from ECS Fargate!"
    assert body["hostname"] == socket.gethostname()
    assert body["version"] == "1.0"


def test_the_timestamp_is_the_present_in_utc(client: FlaskClient) -> None:
    then = datetime.fromisoformat(client.get("/").get_json()["timestamp"])
    assert then.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - then) < timedelta(seconds=5)


def test_the_version_is_the_deployments() -> None:
    client = storefront(Settings(version="2.4.1")).test_client()
    assert client.get("/").get_json()["version"] == "2.4.1"
    page = client.get("/", headers={"Accept": BROWSER}).text
    assert '<dd id="version">2.4.1</dd>' in page
    assert f'<dd id="hostname">{socket.gethostname()}</dd>' in page


def test_a_version_is_shown_as_text_not_as_markup() -> None:
    client = storefront(Settings(version="<b>1</b>")).test_client()
    assert "<b>1</b>" not in client.get("/", headers={"Accept": BROWSER}).text


def test_a_browser_gets_the_shop_at_the_same_address(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept": BROWSER})
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert 'id="products"' in response.text


@pytest.mark.parametrize("accept", ["*/*", BROWSER])
def test_caches_learn_that_the_answer_depends_on_accept(client: FlaskClient, accept: str) -> None:
    response = client.get("/", headers={"Accept": accept})
    assert "Accept" in response.vary
    assert response.headers["Cache-Control"] == "no-store"


def test_all_that_the_page_names_exists_on_this_origin(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept": BROWSER}).text
    addresses = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    fetched = {address for address in addresses if not address.startswith("#")}
    assert len(fetched) >= 4
    for address in fetched:
        assert address.startswith("/"), f"{address} is on another host"
        assert client.get(address).status_code == 200, address


def test_the_page_has_nothing_inline_that_the_policy_would_block(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept": BROWSER}).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_every_control_of_the_page_is_named(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept": BROWSER}).text
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    for references in re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', page):
        assert set(references.split()) <= ids
    for control in re.findall(r'<input[^>]*\sid="([^"]+)"', page):
        assert f'<label for="{control}">' in page
    assert '<html lang="en">' in page
