"""Where packages are kept between runs."""

from pathlib import Path

import pytest

from components import cache


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SLIPWAY_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path


def test_the_cache_is_in_the_user_s_cache_folder_unless_a_variable_names_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache.directory() == home / ".cache" / "slipway"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    assert cache.directory() == home / "xdg" / "slipway"
    monkeypatch.setenv("SLIPWAY_CACHE", str(home / "deep" / "own"))
    assert cache.directory() == home / "deep" / "own"


def test_the_cache_s_folder_is_made_and_absolute(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("SLIPWAY_CACHE", "own")
    assert not (home / "own").exists()
    for _ in range(2):
        assert cache.directory() == home / "own"
    assert (home / "own").is_dir()


@pytest.mark.parametrize("name", ["SLIPWAY_CACHE", "XDG_CACHE_HOME"])
def test_an_empty_variable_names_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "")
    assert cache.directory() == home / ".cache" / "slipway"
