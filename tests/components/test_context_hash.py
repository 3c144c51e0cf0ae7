"""What makes another image, and what .dockerignore keeps out of it."""

import os
from pathlib import Path
from typing import Any

import pytest

from components.container_image.context_hash import IgnoreRules, build_hash, context_files


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "pkg").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "main.py").write_text("print()\n")
    (folder / "pkg" / "a.py").write_text("a\n")
    for file in folder.rglob("*.py"):
        file.chmod(0o644)
    return folder


def hashed(context: Path, **changed: Any) -> str:
    build: dict[str, Any] = {"build_args": {"BASE": "a"}, "platform": "linux/arm64", **changed}
    return build_hash(context, context / "Dockerfile", **build)


def test_the_same_content_has_the_same_hash_wherever_and_whenever(context: Path) -> None:
    first = hashed(context)
    assert len(first) == 16
    os.utime(context / "main.py", (1, 1))
    moved = context.rename(context.with_name("elsewhere"))
    assert hashed(moved) == first


def test_the_order_of_build_arguments_does_not_count(context: Path) -> None:
    assert hashed(context, build_args={"A": "1", "B": "2"}) == hashed(
        context, build_args={"B": "2", "A": "1"}
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda f: (f / "main.py").write_text("print(1)\n"),
        lambda f: (f / "main.py").rename(f / "other.py"),
        lambda f: (f / "main.py").unlink(),
        lambda f: (f / "main.py").chmod(0o755),
        lambda f: (f / "new.py").touch(),
        lambda f: (f / "Dockerfile").write_text("FROM other\n"),
        lambda f: (f / "link").symlink_to("main.py"),
        lambda f: ((f / "main.py").unlink(), (f / "main.py").symlink_to("pkg/a.py")),
    ],
    ids=["content", "name", "gone", "mode", "new", "dockerfile", "link", "file to link"],
)
def test_whatever_changes_the_image_changes_the_hash(context: Path, change: Any) -> None:
    before = hashed(context)
    change(context)
    assert hashed(context) != before


@pytest.mark.parametrize(
    "changed",
    [
        {"build_args": {"BASE": "b"}},
        {"build_args": {}},
        {"build_args": {"BASEa": ""}},
        {"platform": "linux/amd64"},
        {"target": "build"},
    ],
)
def test_whatever_changes_the_build_changes_the_hash(
    context: Path, changed: dict[str, Any]
) -> None:
    assert hashed(context, **changed) != hashed(context)


def test_a_links_target_counts_and_what_lies_there_does_not(context: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (context / "link").symlink_to(tmp_path / "outside")
    before = hashed(context)
    (tmp_path / "outside" / "file").touch()
    assert hashed(context) == before
    (context / "link").unlink()
    (context / "link").symlink_to(tmp_path)
    assert hashed(context) != before


def test_ignored_files_do_not_count(context: Path) -> None:
    (context / ".dockerignore").write_text("**/__pycache__\n*.log\n")
    before = hashed(context)
    (context / "debug.log").write_text("noise")
    (context / "pkg" / "__pycache__").mkdir()
    (context / "pkg" / "__pycache__" / "a.pyc").write_bytes(b"noise")
    assert hashed(context) == before


def test_an_ignored_dockerfile_still_counts(context: Path) -> None:
    (context / ".dockerignore").write_text("Dockerfile\n")
    before = hashed(context)
    (context / "Dockerfile").write_text("FROM other\n")
    assert hashed(context) != before


def test_an_ignore_file_of_the_dockerfiles_own_comes_first(context: Path) -> None:
    (context / ".dockerignore").write_text("main.py\n")
    (context / "Dockerfile.dockerignore").write_text("pkg\n")
    names = {path for path, _ in context_files(context, context / "Dockerfile")}
    assert "main.py" in names
    assert "pkg/a.py" not in names


def test_a_file_comes_back_out_of_an_ignored_folder(context: Path) -> None:
    (context / "pkg" / "b.py").touch()
    (context / ".dockerignore").write_text("pkg\n!pkg/a.py\n")
    names = {path for path, _ in context_files(context, context / "Dockerfile")}
    assert names == {".dockerignore", "Dockerfile", "main.py", "pkg/a.py"}


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("*.log", "a.log", True),
        ("*.log", "sub/a.log", False),
        ("**/*.log", "a.log", True),
        ("**/*.log", "sub/deep/a.log", True),
        ("sub", "sub/a", True),
        ("sub/", "sub/a", True),
        ("/sub", "sub/a", True),
        ("./sub", "sub/a", True),
        ("sub", "other/sub/a", False),
        ("sub/**", "sub/deep/a", True),
        ("sub/**/a", "sub/a", True),
        ("sub/**/a", "sub/x/y/a", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a*c", "a/c", False),
        ("[ab].py", "b.py", True),
        ("[^ab].py", "b.py", False),
        ("# *.py", "a.py", False),
        ("\\#a", "#a", True),
        ("a.py", "axpy", False),
        ("*\n!keep", "keep", False),
        ("*\n!keep", "keep/a", False),
        ("*\n!keep\nkeep/b", "keep/b", True),
        ("!a", "a", False),
        (".", "a", False),
        ("a/../b", "b", True),
        ("\ufeffa", "a", True),
        ("  a  \n\n", "a", True),
    ],
)
def test_rules_mean_what_docker_means(rules: str, path: str, ignored: bool) -> None:
    assert IgnoreRules(rules).ignores(path) is ignored
