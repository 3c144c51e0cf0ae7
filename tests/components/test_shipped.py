"""What travels with the library is found in the repository and in the wheel alike."""

import shutil
from pathlib import Path

import pytest

from components import shipped


def test_in_the_repository_functions_stand_beside_the_library() -> None:
    root = Path(shipped.__file__).resolve().parents[1]
    assert shipped.function_code("validate_order") == str(root / "functions" / "validate_order")


def test_in_the_wheel_they_are_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "slipway"
    shutil.copytree(shipped.function_code("validate_order"), library / "functions/validate_order")
    monkeypatch.setattr(shipped, "_LIBRARY", library)
    assert shipped.function_code("validate_order") == str(library / "functions/validate_order")


def test_an_installation_that_is_not_whole_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "_LIBRARY", tmp_path / "slipway")
    with pytest.raises(ValueError, match="install the wheel again"):
        shipped.function_code("validate_order")


def test_the_manifests_are_found_in_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shipped.__file__).resolve().parents[1]
    assert shipped.manifests() == str(root / "k8s")
    shutil.copytree(shipped.manifests(), tmp_path / "slipway" / "k8s")
    monkeypatch.setattr(shipped, "_LIBRARY", tmp_path / "slipway")
    assert shipped.manifests() == str(tmp_path / "slipway" / "k8s")
    monkeypatch.setattr(shipped, "_LIBRARY", tmp_path / "elsewhere" / "slipway")
    with pytest.raises(ValueError, match="install the wheel again"):
        shipped.manifests()
