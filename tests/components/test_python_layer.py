"""PythonLayer: a file of pinned packages, or a zip file, becomes a layer."""

import base64
import hashlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from components import packaging, python_layer
from components.python_layer import PythonLayer
from components.testing import UNKNOWN, Deployment, deploy

from .wheelhouse import Wheelhouse

LAYER = "aws:lambda/layerVersion:LayerVersion"
WHO = "PythonLayer 'analytics'"


@pytest.fixture
def requirements(wheelhouse: Wheelhouse, tmp_path: Path) -> str:
    """A file with two packages that exist for every runtime and architecture."""
    wheelhouse.add("alpha", needs=["beta"])
    wheelhouse.add("beta", "2.5")
    file = tmp_path / "layer.txt"
    file.write_text("alpha==1.0\nbeta==2.5\n")
    return str(file)


def made(known: bool = True, **args: Any) -> Deployment:
    def program() -> PythonLayer:
        return PythonLayer("analytics", args)  # type: ignore[arg-type]  # mistakes are tested too

    return deploy(program, known=known)


def zipped(path: Path, files: Mapping[str, str]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return str(path)


def refused(**args: Any) -> str:
    with pytest.raises(ValueError, match=WHO) as caught:
        made(**args)
    return str(caught.value)


def test_a_requirements_file_becomes_a_layer_of_its_packages(requirements: str) -> None:
    inputs = dict(made(requirements=requirements).one(LAYER, "analytics").inputs)
    archive = Path(inputs.pop("code").path)
    digest = hashlib.sha256(archive.read_bytes()).digest()
    assert inputs == {
        "layerName": "analytics-test",
        "sourceCodeHash": base64.b64encode(digest).decode(),
        "compatibleRuntimes": ["python3.13"],
        "compatibleArchitectures": ["arm64"],
        "description": "alpha, beta",
        "skipDestroy": True,
    }
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [
            "python/alpha-1.0.dist-info/METADATA",
            "python/alpha-1.0.dist-info/WHEEL",
            "python/alpha-1.0.dist-info/entry_points.txt",
            "python/alpha/__init__.py",
            "python/beta-2.5.dist-info/METADATA",
            "python/beta-2.5.dist-info/WHEEL",
            "python/beta-2.5.dist-info/entry_points.txt",
            "python/beta/__init__.py",
        ]


def test_a_first_preview_knows_the_whole_layer_but_not_its_arn(requirements: str) -> None:
    known, unknown = (made(is_known, requirements=requirements) for is_known in (True, False))
    inputs = [dict(item.one(LAYER).inputs) for item in (known, unknown)]
    codes = [one.pop("code").path for one in inputs]
    assert inputs[0] == inputs[1]
    assert codes[0] == codes[1]
    outputs = unknown.one("slipway:index:PythonLayer").outputs
    assert outputs["arn"] is UNKNOWN
    assert outputs["version"] is UNKNOWN
    assert outputs["zip_bytes"] == Path(codes[0]).stat().st_size
    assert outputs["unzipped_bytes"] > 0
    assert known.one("slipway:index:PythonLayer").outputs["arn"] == known.one(LAYER).outputs["arn"]


def test_the_layer_belongs_to_its_component(requirements: str) -> None:
    deployment = made(requirements=requirements)
    component = deployment.one("slipway:index:PythonLayer", "analytics")
    assert deployment.one(LAYER).parent == component.urn


def test_old_versions_stay_unless_told_otherwise(requirements: str) -> None:
    def kept(**more: Any) -> Any:
        return made(requirements=requirements, **more).one(LAYER).inputs["skipDestroy"]

    assert kept() is True
    assert kept(keep_old_versions=None) is True
    assert kept(keep_old_versions=False) is False


def test_runtime_and_architecture_choose_the_wheels_and_are_said(
    wheelhouse: Wheelhouse, tmp_path: Path
) -> None:
    wheelhouse.add("alpha", tag="cp312-cp312-manylinux_2_17_x86_64")
    file = tmp_path / "layer.txt"
    file.write_text("alpha==1.0\n")
    given: dict[str, Any] = {
        "requirements": str(file),
        "runtime": "python3.12",
        "architecture": "x86_64",
    }
    inputs = made(**given, description="Ours").one(LAYER).inputs
    assert inputs["compatibleRuntimes"] == ["python3.12"]
    assert inputs["compatibleArchitectures"] == ["x86_64"]
    assert inputs["description"] == "Ours"
    assert "could not be installed" in refused(requirements=str(file))


def test_the_same_file_is_zipped_once(requirements: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(requirements=requirements).one(LAYER).inputs

    def never(*_: object) -> None:
        raise AssertionError("zipped again")

    monkeypatch.setattr(packaging, "_zipped", never)
    again = made(requirements=requirements).one(LAYER).inputs
    assert again["sourceCodeHash"] == first["sourceCodeHash"]
    assert again["code"].path == first["code"].path


def test_another_cache_and_installer_make_the_same_layer(
    requirements: str,
    use_pip: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = made(requirements=requirements).one(LAYER).inputs["sourceCodeHash"]
    use_pip()
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "second"))
    assert made(requirements=requirements).one(LAYER).inputs["sourceCodeHash"] == first


def test_an_archive_is_taken_as_it_is(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "layer.zip", {"python/alpha/__init__.py": "x = 1\n"})
    deployment = made(archive=archive)
    inputs = deployment.one(LAYER).inputs
    digest = hashlib.sha256(Path(archive).read_bytes()).digest()
    assert inputs["code"].path == archive
    assert inputs["sourceCodeHash"] == base64.b64encode(digest).decode()
    assert inputs.get("description") is None
    outputs = deployment.one("slipway:index:PythonLayer").outputs
    assert outputs["zip_bytes"] == Path(archive).stat().st_size
    assert outputs["unzipped_bytes"] == 6


def test_requirements_and_archive_are_alternatives(requirements: str) -> None:
    choice = f"{WHO}: give requirements (a file of pinned packages) or archive (a zip file), "
    assert refused() == choice + "and one of them."
    assert refused(requirements=None, archive=None) == choice + "and one of them."
    assert refused(requirements=requirements, archive="layer.zip") == choice + "not both."


def test_an_archive_that_lambda_could_not_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(archive="absent.zip") == (
        f"{WHO}: archive='absent.zip' does not exist below {tmp_path}. Build it first."
    )
    Path("text.zip").write_text("text")
    assert refused(archive="text.zip") == (
        f"{WHO}: archive='text.zip' is no zip file. Zip a folder named python/."
    )
    zipped(Path("flat.zip"), {"alpha/__init__.py": "", "pythonic/beta.py": ""})
    assert refused(archive="flat.zip") == (
        f"{WHO}: archive='flat.zip' has nothing below python/, where Lambda's Python looks. Next "
        "step: zip the folder python/ itself."
    )
    zipped(Path("empty.zip"), {"python/": ""})
    assert "has nothing below python/" in refused(archive="empty.zip")


def test_an_archive_that_is_too_large_is_refused_with_the_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"python/alpha/big.txt": "x" * 3 * 2**20, "python/beta/small.txt": "x" * 2**20}
    archive = zipped(tmp_path / "layer.zip", files)  # stored, not compressed
    monkeypatch.setattr(python_layer, "UNZIPPED_LIMIT", 2 * 2**20)
    assert refused(archive=archive) == (
        f"{WHO}: archive={archive!r} is 4.0 MB unpacked; Lambda takes 2.0 MB. The largest parts, "
        "unpacked: alpha 3.0 MB, beta 1.0 MB. Next step: leave something out, or run it as a "
        "container."
    )
    monkeypatch.setattr(python_layer, "DIRECT_LIMIT", 2**20)
    assert "is 4.0 MB as a zip file; Lambda takes 1.0 MB" in refused(archive=archive)


def test_requirements_that_are_too_large_are_refused_with_the_sizes(
    wheelhouse: Wheelhouse, requirements: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheelhouse.add("gamma", files={"gamma/big.txt": "x" * 2**20})
    with Path(requirements).open("a") as file:
        file.write("gamma==1.0\n")
    monkeypatch.setattr(packaging, "UNZIPPED_LIMIT", 2**19)
    assert refused(requirements=requirements).startswith(
        f"{WHO}: requirements={requirements!r} is 1.0 MB unpacked; Lambda takes 0.5 MB. The "
        "largest parts, unpacked: gamma 1.0 MB, "
    )


def test_settings_that_cannot_be_are_refused_before_anything_is_built(
    requirements: str, tmp_path: Path
) -> None:
    assert refused(requirement=requirements) == (
        f"{WHO}: unknown argument 'requirement'. Did you mean 'requirements'?"
    )
    assert "runtime='python3.9' is not valid" in refused(
        requirements=requirements, runtime="python3.9"
    )
    assert refused(requirements=requirements, architecture="amd64").endswith("Write 'x86_64'.")
    long = "x" * 257
    assert refused(requirements=requirements, description=long).endswith(
        "is not valid. Allowed: at most 256 characters."
    )
    assert not (tmp_path / "cache").exists()


def test_a_description_of_many_packages_is_cut_to_what_lambda_takes(
    wheelhouse: Wheelhouse, tmp_path: Path
) -> None:
    names = [f"package_with_a_long_name_{number:02}" for number in range(12)]
    for name in names:
        wheelhouse.add(name)
    file = tmp_path / "layer.txt"
    file.write_text("\n".join(f"{name}==1.0" for name in names))
    description = made(requirements=str(file)).one(LAYER).inputs["description"]
    assert len(description) == 256
    assert description.startswith(f"{names[0]}, {names[1]}")
