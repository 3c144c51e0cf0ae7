"""Zip files for Lambda: the same content is the same bytes, and mistakes are told."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from components import cache, packaging
from components.packaging import package

WHO = "MultiTriggerFunction 'events'"
MACHINE = {"runtime": "python3.13", "architecture": "arm64"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    return cache.directory()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "inner").mkdir(parents=True)
    (folder / "handler.py").write_text("def handler(event, context):\n    return 1\n")
    (folder / "inner" / "data.json").write_text("{}")
    return folder


def _packed(code: Path) -> packaging.Package:
    return package(WHO, str(code), **MACHINE)


def test_names_are_sorted_and_dates_and_modes_are_fixed(code: Path) -> None:
    made = _packed(code)
    with zipfile.ZipFile(made.path) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["handler.py", "inner/data.json"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}
    digest = hashlib.sha256(made.path.read_bytes()).digest()
    assert made.hash == base64.b64encode(digest).decode()
    assert made.zip_bytes == made.path.stat().st_size
    assert made.unzipped_bytes == sum(entry.file_size for entry in entries)


def test_the_same_content_is_the_same_bytes_whenever_it_is_packed(
    code: Path, tmp_path: Path
) -> None:
    first = _packed(code)
    os.utime(code / "handler.py", (1, 1))
    (code / "handler.py").chmod(0o600)
    (code / "__pycache__").mkdir()
    (code / "__pycache__" / "handler.cpython-313.pyc").write_bytes(b"x")
    second = tmp_path / "elsewhere"
    code.rename(second)
    assert package(WHO, str(second), **MACHINE) == first


def test_a_changed_data_file_is_another_package(code: Path) -> None:
    first = _packed(code)
    (code / "inner" / "data.json").write_text("[]")
    assert _packed(code).hash != first.hash


def test_what_is_packed_under_a_known_name_is_packed_once(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = dict(packaging.files_of(code))
    first = packaging.packed(WHO, "layer", files, known_as="layer-1")
    monkeypatch.setattr(packaging, "_write", None)  # whoever packs again fails
    assert packaging.packed(WHO, "layer", files, known_as="layer-1") == first


def test_packages_that_the_code_names_are_packed_with_it(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendored = tmp_path / "vendored"
    (vendored / "tiny").mkdir(parents=True)
    (vendored / "tiny" / "__init__.py").write_text("")
    asked = []

    def install(who: str, requirements: Path, **machine: str) -> Path:
        asked.append((who, requirements.name, machine))
        return vendored

    monkeypatch.setattr("components.wheels.install", install)
    (code / "requirements.txt").write_text("tiny==1.0\n")
    with zipfile.ZipFile(_packed(code).path) as archive:
        assert archive.namelist() == ["handler.py", "inner/data.json", "tiny/__init__.py"]
    assert asked == [(WHO, "requirements.txt", MACHINE)]


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (
            "handlr.handler",
            "handler='handlr.handler' is not valid. Allowed: a module of",
        ),
        ("handlr.handler", "Did you mean 'handler.handler'?"),
        (
            "handler.handel",
            "Allowed: a name that handler.py defines: handler. Did you mean 'handler.handler'?",
        ),
        ("handler", "Allowed: module.function, such as 'handler.handler'."),
        ("broken.handler", "broken.py is not valid Python: "),
    ],
)
def test_a_handler_that_lambda_would_not_find_is_refused(
    code: Path, handler: str, text: str
) -> None:
    (code / "broken.py").write_text("def handler(:\n")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        package(WHO, str(code), handler=handler, **MACHINE)
    assert str(caught.value).startswith(WHO)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "async def handler(event, context): ...",
        "handler = print",
        "handler: object = print",
        "from elsewhere import serve as handler",
    ],
)
def test_a_handler_may_be_whatever_can_be_called(code: Path, source: str) -> None:
    (code / "handler.py").write_text(source)
    assert package(WHO, str(code), handler="handler.handler", **MACHINE)


def test_a_missing_folder_is_refused_with_where_it_was_looked_for() -> None:
    with pytest.raises(ValueError, match=r"code='no/such' does not exist as a directory below /"):
        package(WHO, "no/such", **MACHINE)


@pytest.mark.parametrize(
    ("limit", "how"), [("DIRECT_LIMIT", "zip file"), ("UNZIPPED_LIMIT", "unp")]
)
def test_what_lambda_would_not_take_is_refused_with_the_sizes(
    code: Path, monkeypatch: pytest.MonkeyPatch, limit: str, how: str
) -> None:
    (code / "model.bin").write_bytes(os.urandom(3 * 1024 * 1024))
    monkeypatch.setattr(packaging, limit, 2 * 1024 * 1024)
    with pytest.raises(ValueError, match=f"code is 3.0 MB .*{how}.*Lambda takes 2.0 MB") as caught:
        _packed(code)
    assert "model.bin 3.0 MB" in str(caught.value)


def test_the_cache_is_where_the_user_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache.directory() == (tmp_path / "cache").resolve()
    monkeypatch.delenv("SLIPWAY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.directory() == (tmp_path / "xdg" / "slipway").resolve()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.directory() == (tmp_path / ".cache" / "slipway").resolve()
