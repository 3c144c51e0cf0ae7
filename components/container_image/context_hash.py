"""Names a build after everything that goes into it, as Docker would see it.

Tags in the repository cannot be moved, so the same content must get the same tag (there is
then nothing to push) and other content another one. When in doubt a file counts: a tag too
many costs one build, a tag too few a failed push. What the hash cannot see is what the build
fetches: base images and packages are to be pinned.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_LENGTH = 16
"""Hex digits of the hash in a tag: 64 bits, more than enough for one repository's images."""


def build_hash(
    context: Path,
    dockerfile: Path,
    *,
    build_args: Mapping[str, str],
    platform: str,
    target: str | None = None,
) -> str:
    """16 hex digits that stand for the build.

    They depend on the Dockerfile, build arguments, platform, target, and on path, mode and
    content of each file that ``.dockerignore`` leaves in the context; not on time stamps,
    owners, the order of the file system or where the folder lies.
    """
    digest = hashlib.sha256()
    _field(digest, "dockerfile", dockerfile.read_bytes())
    for key, value in sorted(build_args.items()):
        _field(digest, f"arg {key}", value.encode())
    _field(digest, "platform", platform.encode())
    _field(digest, "target", (target or "").encode())
    for path, file in sorted(context_files(context, dockerfile)):
        status = file.lstat()
        # The mode is copied into the image, so it makes another image.
        if stat.S_ISLNK(status.st_mode):
            _field(digest, f"{path} link", os.fsencode(file.readlink()))
        elif stat.S_ISREG(status.st_mode):
            with file.open("rb") as content:
                inner = hashlib.file_digest(content, "sha256").digest()
            _field(digest, f"{path} {status.st_mode:o}", inner)
    return digest.hexdigest()[:_LENGTH]


def context_files(context: Path, dockerfile: Path) -> Iterator[tuple[str, Path]]:
    """Relative path and place of every file of the context that is not ignored."""
    ignored = _ignore_file(context, dockerfile)
    for folder, folders, files in os.walk(context):
        place = Path(folder)
        for name in list(folders):
            path = (place / name).relative_to(context).as_posix()
            if (place / name).is_symlink():
                files.append(name)
            elif not ignored.has_exceptions and ignored.ignores(path):
                folders.remove(name)
        for name in files:
            path = (place / name).relative_to(context).as_posix()
            if not ignored.ignores(path):
                yield path, place / name


@dataclass(frozen=True)
class _Pattern:
    text: str
    exception: bool

    @cached_property
    def expression(self) -> re.Pattern[str]:
        # A pattern that matches a folder matches all that is in it.
        return re.compile(_translated(self.text) + r"(?:/.*)?", re.DOTALL)


class IgnoreRules:
    """The rules of a ``.dockerignore``: the last pattern that matches decides."""

    def __init__(self, text: str) -> None:
        self._patterns: list[_Pattern] = []
        for line in text.removeprefix("\ufeff").splitlines():
            rule = line.strip()
            if not rule or rule.startswith("#"):
                continue
            exception = rule.startswith("!")
            cleaned = os.path.normpath(rule.removeprefix("!").strip()).strip("/")
            if cleaned != ".":  # Docker ignores "." as well: a context cannot leave itself out
                self._patterns.append(_Pattern(cleaned, exception))

    @property
    def has_exceptions(self) -> bool:
        """Whether a file in an ignored folder may come back (``!``)."""
        return any(pattern.exception for pattern in self._patterns)

    def ignores(self, path: str) -> bool:
        """Whether the file at this path, relative to the context, is left out."""
        ignored = False
        for pattern in self._patterns:
            if pattern.exception is ignored and pattern.expression.fullmatch(path):
                ignored = not ignored
        return ignored


def _ignore_file(context: Path, dockerfile: Path) -> IgnoreRules:
    # BuildKit prefers the one beside the Dockerfile that carries its name.
    for file in (
        dockerfile.with_name(f"{dockerfile.name}.dockerignore"),
        context / ".dockerignore",
    ):
        if file.is_file():
            return IgnoreRules(file.read_text(encoding="utf-8"))
    return IgnoreRules("")


def _translated(pattern: str) -> str:
    """The pattern as a regular expression: ``**`` spans folders, ``*`` and ``?`` do not."""
    result, index = "", 0
    while index < len(pattern):
        rest = pattern[index:]
        if rest.startswith("**/"):
            result, index = result + r"(?:.*/)?", index + 3
        elif rest.startswith("**"):
            result, index = result + r".*", index + 2
        elif rest[0] == "*":
            result, index = result + r"[^/]*", index + 1
        elif rest[0] == "?":
            result, index = result + r"[^/]", index + 1
        elif match := re.match(r"\[(\^?)([^\]]+)\]", rest):
            members = match[2].replace("\\", "\\\\").replace("[", r"\[")
            result, index = result + f"[{match[1]}{members}]", index + match.end()
        else:
            if rest[0] == "\\" and len(rest) > 1:
                index += 1
            result, index = result + re.escape(pattern[index]), index + 1
    return result


def _field(digest: "hashlib._Hash", label: str, content: bytes) -> None:
    # The length keeps one field from running into the next.
    digest.update(f"{label}\0{len(content)}\0".encode(errors="surrogateescape"))
    digest.update(content)
