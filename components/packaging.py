"""Zip files for Lambda: the same content is the same bytes, wherever and whenever it is packed.

Sorted, with fixed dates and modes, without bytecode, so that a deployment shows a change only
where there is one. Left out: code beyond what Lambda takes directly (50 MB zipped), which
would have to go through a bucket.
"""

import ast
import base64
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import cache, wheels
from .errors import invalid, nearest

DIRECT_LIMIT = 50 * 1024 * 1024
"""Bytes of a zip file that Lambda takes without a bucket (Lambda quotas)."""
UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Bytes of a function with all its layers, unpacked (Lambda quotas)."""
REQUIREMENTS = "requirements.txt"
_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file knows."""
_SKIPPED = {"__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Package:
    """A zip file in the cache."""

    path: Path
    hash: str
    """SHA-256 of the file in base64, as Lambda reports it (``source_code_hash``)."""
    zip_bytes: int
    unzipped_bytes: int


def package(
    who: str, directory: str, *, runtime: str, architecture: str, handler: str | None = None
) -> Package:
    """The function in ``directory``, with the packages of its ``requirements.txt`` if it has one.

    Args:
        who: class and name, for messages.
        directory: relative to the program's working directory, or absolute.
        runtime: which Python the packages are for.
        architecture: and which processor.
        handler: ``module.function`` to look for.

    Raises:
        ValueError: the directory, the handler's file or function does not exist, or the
            result is more than Lambda takes.
    """
    root = Path(directory)
    if not root.is_dir():
        raise ValueError(
            f"{who}: code={directory!r} does not exist as a directory below {Path.cwd()}. Next "
            "step: give the folder of the handler."
        )
    if handler is not None:
        _check_handler(who, root, handler)
    files: dict[str, Path] = {}
    requirements = root / REQUIREMENTS
    if requirements.exists():
        packages = wheels.install(who, requirements, runtime=runtime, architecture=architecture)
        files |= dict(files_of(packages))
    files |= {name: path for name, path in files_of(root) if name != REQUIREMENTS}
    return packed(who, "code", files)


def packed(
    who: str, field: str, files: Mapping[str, Path], *, known_as: str | None = None
) -> Package:
    """These files under these names as a zip file in the cache.

    Args:
        who: class and name, for messages.
        field: what they are, for messages.
        files: paths by their names in the zip file.
        known_as: where the caller knows the content by a name of its own, the zip file that
            was made under it is taken as it is: compressing takes seconds.

    Raises:
        ValueError: it is more than Lambda takes; the message has the sizes.
    """
    sizes = {name: path.stat().st_size for name, path in files.items()}
    unzipped = sum(sizes.values())
    if unzipped > UNZIPPED_LIMIT:
        raise too_large(who, field, unzipped, UNZIPPED_LIMIT, "unpacked", sizes)
    folder = cache.directory() / "packages"
    folder.mkdir(exist_ok=True)
    path = folder / f"{known_as}.zip"
    if known_as is None or not path.exists():
        path = _zipped(folder, files, known_as)
    digest = hashlib.sha256(path.read_bytes()).digest()
    size = path.stat().st_size
    if size > DIRECT_LIMIT:
        raise too_large(who, field, size, DIRECT_LIMIT, "as a zip file", sizes)
    return Package(path, base64.b64encode(digest).decode(), size, unzipped)


def _zipped(folder: Path, files: Mapping[str, Path], known_as: str | None) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".packing-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            _write(target, files)
        stem = known_as or hashlib.sha256(part.read_bytes()).hexdigest()[:32]
        return part.replace(folder / f"{stem}.zip")
    finally:
        part.unlink(missing_ok=True)


def _write(target: IO[bytes], files: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever this machine is
            archive.writestr(entry, files[name].read_bytes())


def files_of(root: Path) -> Iterator[tuple[str, Path]]:
    """Name in the zip file and path of each file below ``root`` that belongs to the code."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not _SKIPPED & set(inside.parts) and path.suffix != ".pyc":
            yield inside.as_posix(), path


def too_large(
    who: str, field: str, size: int, limit: int, how: str, sizes: Mapping[str, int]
) -> ValueError:
    """What is too large, by how much, and what takes the most of it."""
    parts: dict[str, int] = {}
    for name, bytes_ in sizes.items():
        top = name.removeprefix("python/").partition("/")[0]
        parts[top] = parts.get(top, 0) + bytes_
    largest = sorted(parts, key=lambda top: -parts[top])[:3]
    return ValueError(
        f"{who}: {field} is {_mb(size)} {how}; Lambda takes {_mb(limit)}. The largest parts, "
        f"unpacked: {', '.join(f'{top} {_mb(parts[top])}' for top in largest)}. Next step: leave "
        "something out, or run it as a container."
    )


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"


def _check_handler(who: str, root: Path, handler: str) -> None:
    """Find the function that Lambda will call, without running the code."""
    module, _, function = handler.rpartition(".")
    if not module or not function.isidentifier():
        raise invalid(who, "handler", handler, "module.function, such as 'handler.handler'")
    file = root.joinpath(*module.replace("/", ".").split(".")).with_suffix(".py")
    if not file.is_file():
        there = sorted(path.name for path in root.glob("*.py"))
        close = nearest(file.name, there)
        hint = f"Did you mean '{close[:-3]}.{function}'?" if close else ""
        allowed = f"a module of {root}: it has {', '.join(there) or 'no Python file'}"
        raise invalid(who, "handler", handler, f"{allowed}, and no {file.name}", hint)
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), file.name)
    except SyntaxError as error:
        raise ValueError(
            f"{who}: {file} is not valid Python: {error.msg}, line {error.lineno}. Mend it."
        ) from None
    names = sorted(set(_defined(tree)))
    if function not in names:
        functions = [name for name in names if not name.startswith("_")]
        close = nearest(function, functions)
        hint = f"Did you mean '{module}.{close}'?" if close else ""
        allowed = f"a name that {file.name} defines: {', '.join(functions) or 'it has none'}"
        raise invalid(who, "handler", handler, allowed, hint)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (item.id for item in targets if isinstance(item, ast.Name))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
