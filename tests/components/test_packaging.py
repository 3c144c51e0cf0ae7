"""Zip files for Lambda: the same bytes for the same content, and nothing that Lambda refuses."""

import base64
import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components import packaging

from .wheelhouse import Wheelhouse

WHO = "MultiTriggerFunction 'shop'"
FOR: dict[str, Any] = {"runtime": "python3.13", "architecture": "arm64"}
SHIPPED = Path(__file__).resolve().parents[2] / "functions"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """An empty cache, and on request another one."""

    def use(name: str) -> None:
        monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / name))

    use("cache")
    return use


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder of a function."""
    folder = tmp_path / "code"
    for name, text in {
        "handler.py": "from helper import first\n\n\ndef handler(event, context):\n    return 1\n",
        "helper.py": "from deep import more as third\n\nfirst = 1\nsecond: int = 2\n\n\n"
        "async def later():\n    pass\n",
        "data/prices.csv": "a,b\n",
        "deep/more.py": "from os import path as way\nimport json\n\n\ndef run():\n    pass\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def packed(code: Path, **more: Any) -> packaging.Package:
    return packaging.package(WHO, str(code), **{**FOR, **more})


def names(package: packaging.Package) -> list[str]:
    with zipfile.ZipFile(package.path) as archive:
        return archive.namelist()


# -- the same bytes ------------------------------------------------------------------------


def test_a_zip_file_does_not_depend_on_when_where_and_by_whom_it_is_made(
    code: Path, cache: Callable[[str], None], tmp_path: Path
) -> None:
    first = packed(code)
    cache("other")
    before = os.umask(0o077)
    try:
        copy = tmp_path / "elsewhere"
        for path in sorted(code.rglob("*"), reverse=True):
            if path.is_file():
                target = copy / path.relative_to(code)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
                target.chmod(0o700)
                os.utime(target, (1, 2_000_000_000))
        second = packed(copy)
    finally:
        os.umask(before)
    assert second.path != first.path
    assert second.path.read_bytes() == first.path.read_bytes()
    assert second.hash == first.hash


def test_entries_are_sorted_with_one_date_and_readable_by_everyone(code: Path) -> None:
    with zipfile.ZipFile(packed(code).path) as archive:
        entries = archive.infolist()
    found = [entry.filename for entry in entries]
    assert found == ["data/prices.csv", "deep/more.py", "handler.py", "helper.py"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}
    assert {entry.create_system for entry in entries} == {3}


def test_a_package_says_its_hash_and_sizes_as_lambda_does(code: Path) -> None:
    package = packed(code)
    content = package.path.read_bytes()
    assert package.hash == base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert package.zip_bytes == len(content)
    assert package.unzipped_bytes == sum(p.stat().st_size for p in code.rglob("*") if p.is_file())


@pytest.mark.parametrize("change", ["text", "name", "gone"])
def test_any_change_of_a_file_changes_the_hash(code: Path, change: str) -> None:
    before = packed(code).hash
    file = code / "data" / "prices.csv"
    if change == "text":
        file.write_text("a,c\n")
    elif change == "name":
        file.rename(file.with_name("costs.csv"))
    else:
        file.unlink()
    assert packed(code).hash != before


def test_bytecode_and_the_caches_of_tools_stay_out(code: Path) -> None:
    before = packed(code)
    for name in (
        "__pycache__/handler.cpython-313.pyc",
        "deep/__pycache__/more.cpython-313.pyc",
        "old.pyc",
        ".mypy_cache/3.13/x.json",
        ".pytest_cache/README.md",
        ".venv/bin/python",
        ".git/HEAD",
        ".ruff_cache/x",
    ):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text("x")
    assert packed(code).hash == before.hash


def test_packing_leaves_one_file_in_the_cache(code: Path) -> None:
    package = packed(code)
    assert packed(code).path == package.path
    assert list(package.path.parent.iterdir()) == [package.path]


# -- packages that travel along ------------------------------------------------------------


def test_requirements_are_vendored_and_their_file_stays_behind(
    code: Path, wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("alpha", files={"requirements.txt": "not ours\n", "alpha/requirements.txt": ""})
    (code / "requirements.txt").write_text("alpha==1.0\n")
    (code / "deep" / "requirements.txt").write_text("")
    found = names(packed(code))
    assert {"handler.py", "alpha/__init__.py", "deep/requirements.txt"} <= set(found)
    assert found == sorted(found)
    with zipfile.ZipFile(packed(code).path) as archive:
        # A package's own file of that name is not the function's.
        assert archive.read("requirements.txt") == b"not ours\n"
    assert "alpha/requirements.txt" in found
    assert not [name for name in found if "__pycache__" in name or "/tests/" in name]


def test_the_function_s_own_files_come_before_a_package_s(
    code: Path, wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("alpha", files={"helper.py": "first = 'theirs'\n"})
    (code / "requirements.txt").write_text("alpha==1.0\n")
    with zipfile.ZipFile(packed(code).path) as archive:
        assert b"first = 1\n" in archive.read("helper.py")


def test_the_hash_covers_versions_and_architecture(code: Path, wheelhouse: Wheelhouse) -> None:
    for version in ("1.0", "2.0"):
        for machine in ("aarch64", "x86_64"):
            wheelhouse.add("alpha", version, tag=f"cp313-cp313-manylinux_2_17_{machine}")
    hashes = set()
    for version in ("1.0", "2.0"):
        (code / "requirements.txt").write_text(f"alpha=={version}\n")
        hashes |= {packed(code, architecture=kind).hash for kind in ("arm64", "x86_64")}
    assert len(hashes) == 4


def test_uv_and_pip_make_the_same_zip_file(
    code: Path,
    wheelhouse: Wheelhouse,
    use_pip: Callable[[], None],
    cache: Callable[[str], None],
) -> None:
    wheelhouse.add("alpha", needs=["beta"])
    wheelhouse.add("beta", tag="cp313-cp313-manylinux_2_28_aarch64")
    (code / "requirements.txt").write_text("alpha==1.0\nbeta==1.0\n")
    by_uv = packed(code).path.read_bytes()
    use_pip()
    cache("second")
    assert packed(code).path.read_bytes() == by_uv


def test_the_shipped_function_is_the_same_zip_file_from_uv_and_from_pip(
    use_pip: Callable[[], None], cache: Callable[[str], None]
) -> None:
    by_uv = packed(SHIPPED / "multi_trigger", handler="handler.handler")
    assert {"handler.py", "aws_lambda_powertools/__init__.py"} <= set(names(by_uv))
    use_pip()
    cache("second")
    assert packed(SHIPPED / "multi_trigger").hash == by_uv.hash


# -- what Lambda takes ---------------------------------------------------------------------


def test_what_is_too_large_unpacked_is_refused_with_the_sizes(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code / "data" / "big.bin").write_bytes(bytes(3 * 1024 * 1024))
    (code / "deep" / "small.bin").write_bytes(bytes(1024 * 1024))
    monkeypatch.setattr(packaging, "UNZIPPED_LIMIT", 2 * 1024 * 1024)
    with pytest.raises(ValueError, match="unpacked") as caught:
        packed(code)
    assert str(caught.value) == (
        f"{WHO}: code is 4.0 MB unpacked; Lambda takes 2.0 MB. The largest parts, unpacked: "
        "data 3.0 MB, deep 1.0 MB, helper.py 0.0 MB. Next step: leave something out, or run it "
        "as a container."
    )


def test_what_is_too_large_as_a_zip_file_is_refused_with_the_sizes(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code / "data" / "big.bin").write_bytes(os.urandom(2 * 1024 * 1024))
    monkeypatch.setattr(packaging, "DIRECT_LIMIT", 1024 * 1024)
    with pytest.raises(ValueError, match="as a zip file") as caught:
        packed(code)
    assert str(caught.value).startswith(
        f"{WHO}: code is 2.0 MB as a zip file; Lambda takes 1.0 MB. The largest parts, unpacked: "
        "data 2.0 MB, "
    )


def test_the_limits_are_lambda_s() -> None:
    assert packaging.DIRECT_LIMIT == 50 * 2**20
    assert packaging.UNZIPPED_LIMIT == 250 * 2**20


# -- the handler ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "handler",
    [
        "handler.handler",
        "handler.first",
        "helper.later",
        "helper.second",
        "helper.third",
        "deep.more.run",
        "deep/more.run",
        "deep.more.way",
    ],
)
def test_a_handler_is_any_name_that_a_module_defines(code: Path, handler: str) -> None:
    assert packed(code, handler=handler).zip_bytes


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        ("handler", "Allowed: module.function, such as 'handler.handler'."),
        ("handler.", "Allowed: module.function, such as 'handler.handler'."),
        ("handler.not-a-name", "Allowed: module.function, such as 'handler.handler'."),
        (
            "handlr.handler",
            "Allowed: a module of {code}: it has handler.py, helper.py, and no handlr.py. Did "
            "you mean 'handler.handler'?",
        ),
        (
            "zzz.handler",
            "Allowed: a module of {code}: it has handler.py, helper.py, and no zzz.py.",
        ),
        (
            "handler.handle",
            "Allowed: a name that handler.py defines: first, handler. Did you mean "
            "'handler.handler'?",
        ),
        ("helper.run", "Allowed: a name that helper.py defines: first, later, second, third."),
    ],
)
def test_a_handler_that_is_not_there_is_refused_with_what_is(
    code: Path, handler: str, told: str
) -> None:
    with pytest.raises(ValueError, match="is not valid") as caught:
        packed(code, handler=handler)
    assert str(caught.value) == (
        f"{WHO}: handler={handler!r} is not valid. {told.format(code=code)}"
    )


def test_a_handler_in_a_folder_without_code_is_refused(code: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"it has no Python file, and no handler\.py"):
        packed(tmp_path / "empty", handler="handler.handler")
    (code / "handler.py").write_text("")
    with pytest.raises(ValueError, match=r"handler\.py defines: it has none\.$"):
        packed(code, handler="handler.handler")


def test_a_handler_is_read_and_not_run(code: Path, tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    with (code / "handler.py").open("a") as file:
        file.write(f"open({str(mark)!r}, 'w')\n")
    packed(code, handler="handler.handler")
    assert not mark.exists()


def test_a_handler_that_is_no_python_is_refused_with_the_line(code: Path) -> None:
    (code / "handler.py").write_text("def fine():\n    pass\n\ndef handler(:\n")
    with pytest.raises(ValueError, match="is not valid Python") as caught:
        packed(code, handler="handler.handler")
    assert str(caught.value) == (
        f"{WHO}: {code / 'handler.py'} is not valid Python: invalid syntax, line 4. Mend it."
    )


def test_a_folder_that_is_not_there_is_refused_with_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="does not exist") as caught:
        packed(Path("functions/shop"))
    assert str(caught.value) == (
        f"{WHO}: code='functions/shop' does not exist as a directory below {tmp_path}. Next step: "
        "give the folder of the handler."
    )


def test_nothing_that_is_refused_leaves_a_file(code: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not valid"):
        packed(code, handler="absent.handler")
    shutil.rmtree(code)
    with pytest.raises(ValueError, match="does not exist"):
        packed(code)
    assert not (tmp_path / "cache").exists()
