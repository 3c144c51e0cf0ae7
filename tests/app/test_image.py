"""What goes into the image, as far as files tell."""

import re
from importlib.metadata import requires, version

from packaging.requirements import Requirement

from .conftest import APP


def test_the_requirements_are_exact_and_whole() -> None:
    lines = (APP / "requirements.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert {name: version(name) for name in pins} == pins, "not what these tests run with"
    for name in pins:
        for text in requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert needed.name.lower() in pins, f"{name} needs {needed.name}"


def test_the_dockerfile_builds_with_the_classic_builder_and_runs_as_a_number() -> None:
    text = (APP / "Dockerfile").read_text()
    assert not re.search(r"^# syntax|--mount|<<", text, re.MULTILINE)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)
    assert text.count("FROM ${PYTHON_IMAGE}") == 2
    assert re.search(r"^ARG PYTHON_IMAGE=\S+:\d+\.\d+\.\d+-\S+$", text, re.MULTILINE)
    assert re.search(r'^CMD \["gunicorn", ', text, re.MULTILINE)


def test_the_build_context_holds_what_the_dockerfile_copies_and_nothing_else() -> None:
    kept = {
        line[1:]
        for line in (APP / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied: set[str] = set()
    for line in re.findall(r"^COPY (?!--from)(.+)$", (APP / "Dockerfile").read_text(), re.M):
        copied.update(line.split()[:-1])
    assert copied == kept
    assert all((APP / name).exists() for name in kept)
