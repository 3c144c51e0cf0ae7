"""Static files: addresses that change with the content."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from storefront import assets


def test_a_current_address_may_be_kept_for_ever(client: FlaskClient) -> None:
    response = client.get(f"/static/{assets.digest()}/shop.css")
    assert response.status_code == 200
    assert response.mimetype == "text/css"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_another_versions_address_works_but_is_not_kept(client: FlaskClient) -> None:
    response = client.get("/static/0123456789abcdef/js/shop.js")
    assert response.status_code == 200
    assert response.mimetype == "text/javascript"
    assert response.headers["Cache-Control"] == "no-store"


def test_any_change_of_any_file_changes_every_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest() -> str:
        assets.digest.cache_clear()
        return assets.digest()

    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    (tmp_path / "a.js").write_text("1")
    first = digest()
    assert digest() == first
    (tmp_path / "a.js").write_text("2")
    second = digest()
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    third = digest()
    assets.digest.cache_clear()
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("name", ["nothing.css", "../catalog.json", "..%2fcatalog.json"])
def test_only_files_of_the_folder_are_served(client: FlaskClient, name: str) -> None:
    response = client.get(f"/static/{assets.digest()}/{name}")
    assert response.status_code == 404
    assert "no-store" in response.headers["Cache-Control"]


def test_the_icon_is_where_browsers_look_for_it(client: FlaskClient) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"


def test_no_file_names_another_host() -> None:
    for path in sorted(assets.FOLDER.rglob("*")):
        if path.is_file():
            text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "://" not in text, path
