"""PythonLayer under mocks: what is registered, and what is refused before."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components import PythonLayer, python_layer
from components.testing import UNKNOWN, deploy

LAYER = "aws:lambda/layerVersion:LayerVersion"


@pytest.fixture(autouse=True)
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the installer would leave; how it does is tested with the wheels."""
    folder = tmp_path / "packages"
    (folder / "tiny").mkdir(parents=True)
    (folder / "tiny" / "__init__.py").write_text("")
    (folder / "tiny-1.0.dist-info").mkdir()
    (folder / "tiny-1.0.dist-info" / "METADATA").write_text("Name: tiny\n")
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("components.wheels.install", lambda *_, **__: folder)
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[str], str]:
    def write(name: str) -> str:
        path = tmp_path / "layer.zip"
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(name, "x" * 1000)
        return str(path)

    return write


def _layer(**args: Any) -> Any:
    return PythonLayer("tiny", args)  # type: ignore[arg-type]  # wrong ones are tested too


@pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])
def test_a_layer_is_one_version_for_one_runtime_and_processor(known: bool) -> None:
    deployment = deploy(
        lambda: _layer(requirements="layer.txt", runtime="python3.12", architecture="x86_64"),
        known=known,
    )
    layer = deployment.one(LAYER)
    assert layer.name == "tiny"
    assert "slipway:index:PythonLayer" in layer.parent
    assert layer.inputs["compatibleRuntimes"] == ["python3.12"]
    assert layer.inputs["compatibleArchitectures"] == ["x86_64"]
    assert layer.inputs["description"] == "tiny"
    assert layer.inputs["skipDestroy"] is True
    with zipfile.ZipFile(layer.inputs["code"].path) as archive:
        assert archive.namelist() == [
            "python/tiny-1.0.dist-info/METADATA",
            "python/tiny/__init__.py",
        ]
    assert layer.inputs["sourceCodeHash"]
    assert deployment.result["unzipped_bytes"] == len("Name: tiny\n")
    assert (deployment.result["arn"] is UNKNOWN) is not known


def test_old_versions_go_only_where_that_is_asked_for() -> None:
    deployment = deploy(lambda: _layer(requirements="layer.txt", keep_old_versions=False))
    assert deployment.one(LAYER).inputs["skipDestroy"] is False


def test_a_zip_file_from_elsewhere_is_taken_as_it_is(archive: Callable[[str], str]) -> None:
    path = archive("python/tiny.py")
    deployment = deploy(lambda: _layer(archive=path))
    assert deployment.one(LAYER).inputs["code"].path == path
    assert deployment.result["unzipped_bytes"] == 1000
    assert "description" not in deployment.one(LAYER).inputs


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({}, "give requirements (a file of pinned packages) or archive (a zip file), and one of"),
        ({"requirements": "a", "archive": "b"}, "or archive (a zip file), not both."),
        ({"archive": "no.zip"}, "archive='no.zip' does not exist below"),
        ({"requirements": "a", "runtime": "python2"}, "runtime='python2' is not valid"),
        ({"requirements": "a", "architecture": "amd64"}, "Write 'x86_64'."),
        ({"requirements": "a", "description": "d" * 257}, "at most 256 characters"),
        ({"requirement": "a"}, "unknown argument 'requirement'. Did you mean 'requirements'?"),
    ],
)
def test_a_mistake_is_refused(args: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        deploy(lambda: _layer(**args))
    assert str(caught.value).startswith("PythonLayer 'tiny': ")
    assert text in str(caught.value)


def test_a_zip_file_without_the_folder_is_refused(archive: Callable[[str], str]) -> None:
    path = archive("tiny.py")
    with pytest.raises(ValueError, match="has nothing below python/"):
        deploy(lambda: _layer(archive=path))


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "layer.zip").write_text("no zip")
    with pytest.raises(ValueError, match=r"is no zip file. Zip a folder named python/."):
        deploy(lambda: _layer(archive=str(tmp_path / "layer.zip")))


def test_what_lambda_would_not_take_is_refused_with_the_sizes(
    archive: Callable[[str], str], packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive("python/tiny.py")
    monkeypatch.setattr(python_layer, "UNZIPPED_LIMIT", 500)
    with pytest.raises(ValueError, match=r"archive=.* is 0.0 MB unpacked; Lambda takes 0.0 MB"):
        deploy(lambda: _layer(archive=path))
    (packages / "tiny" / "large.bin").write_bytes(b"x" * 3 * 1024 * 1024)
    monkeypatch.setattr("components.packaging.UNZIPPED_LIMIT", 2 * 1024 * 1024)
    with pytest.raises(
        ValueError, match=r"requirements='l.txt' is 3.0 MB unpacked; .* tiny 3.0 MB"
    ):
        deploy(lambda: _layer(requirements="l.txt"))
