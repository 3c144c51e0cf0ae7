"""Read a Dockerfile without building it: which files end up where, and the configuration.

Only instructions that copy or configure are followed, through every stage. ``RUN`` is
not: what it makes (installed packages, compiled files) is absent, and a ``COPY`` of a
path that only ``RUN`` could have made copies nothing.
"""

import fnmatch
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")
_FLAG = re.compile(r"--([\w-]+)(?:=(\S+))?")
_SECOND = 1_000_000_000
_UNITS = {"ms": _SECOND // 1000, "s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND}
_HEALTH_FLAGS = {"interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod"}


class DockerfileError(Exception):
    """An instruction that cannot be followed, with its line."""


@dataclass
class Stage:
    """What one build stage holds."""

    files: dict[str, Path] = field(default_factory=dict)
    """Absolute path in the image -> file of the build context."""
    config: dict[str, Any] = field(default_factory=dict)
    """The OCI image configuration's ``config`` member."""
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def workdir(self) -> str:
        """The current working directory."""
        return str(self.config.get("WorkingDir", "/"))

    def copy(self) -> "Stage":
        """An independent stage that starts from this one."""
        config = json.loads(json.dumps(self.config))
        return Stage(dict(self.files), config, dict(self.variables))


@dataclass
class Dockerfile:
    """A parsed Dockerfile over its build context."""

    context: Path
    """The build context's folder."""
    arguments: Mapping[str, str]
    """Given build arguments."""
    stages: dict[str, Stage] = field(default_factory=dict)
    """By number and by name, in order."""

    @classmethod
    def parse(cls, path: Path, context: Path, arguments: Mapping[str, str]) -> "Dockerfile":
        """Read ``path``; raises DockerfileError."""
        parsed = cls(context, arguments)
        ignored = ignore_patterns(context, path)
        available = context_files(context, ignored)
        parsed._read(path.read_text(), available)
        if not parsed.stages:
            raise DockerfileError("it has no FROM instruction")
        return parsed

    def stage(self, name: str | None = None) -> Stage:
        """The named stage, or the last one."""
        if name is None:
            return next(reversed(self.stages.values()))
        if name not in self.stages:
            raise DockerfileError(f"it has no stage {name!r}")
        return self.stages[name]

    def _read(self, text: str, available: dict[str, Path]) -> None:
        everywhere: dict[str, str] = {}
        stage: Stage | None = None
        for number, line in _instructions(text):
            word, _, rest = line.partition(" ")
            word, rest = word.upper(), rest.strip()
            if word == "FROM":
                stage = self._from(_expand(rest, everywhere))
                continue
            if word == "ARG":
                self._arg(rest, everywhere, stage)
                continue
            if stage is None:
                raise DockerfileError(f"line {number}: {word} before FROM")
            if word in ("COPY", "ADD"):
                self._copy(stage, _expand(rest, stage.variables), available, number)
            elif (apply := _CONFIGURE.get(word)) is not None:
                apply(stage, rest)

    def _from(self, rest: str) -> Stage:
        words = [word for word in rest.split() if not word.startswith("--")]
        base = self.stages.get(words[0])
        stage = base.copy() if base is not None else Stage()
        self.stages[str(sum(name.isdigit() for name in self.stages))] = stage
        if len(words) == 3 and words[1].upper() == "AS":
            self.stages[words[2]] = stage
        return stage

    def _arg(self, rest: str, everywhere: dict[str, str], stage: Stage | None) -> None:
        for word in shlex.split(rest):
            name, given, default = word.partition("=")
            scope = everywhere if stage is None else stage.variables
            value = self.arguments.get(name)
            if value is None:
                value = _expand(default, scope) if given else everywhere.get(name, "")
            scope[name] = value

    def _copy(self, stage: Stage, rest: str, available: dict[str, Path], number: int) -> None:
        origin: str | None = None
        while match := _FLAG.match(rest):
            if match[1] == "from":
                origin = match[2]
            rest = rest[match.end() :].strip()
        words = json.loads(rest) if rest.startswith("[") else shlex.split(rest)
        if len(words) < 2:
            raise DockerfileError(f"line {number}: COPY needs a source and a destination")
        *sources, destination = words
        target = posixpath.join(stage.workdir, destination)
        if origin is not None:
            if (other := self.stages.get(origin)) is None:
                return  # another image's files; the process engine cannot have them
            tree = other.files
        else:
            tree = available
        for source in sources:
            found = _copied(tree, source, target, many=len(sources) > 1)
            if not found and origin is None:
                raise DockerfileError(f"line {number}: {source} is not in the build context")
            stage.files.update(found)


def _copied(tree: Mapping[str, Path], source: str, target: str, *, many: bool) -> dict[str, Path]:
    """The files of ``tree`` that ``COPY source target`` brings, at their new places."""
    wanted = posixpath.normpath(posixpath.join("/", source))
    into_folder = many or target.endswith("/")
    if wanted in tree:
        place = posixpath.join(target, posixpath.basename(wanted)) if into_folder else target
        return {posixpath.normpath(place): tree[wanted]}
    if any(mark in wanted for mark in "*?["):
        matching = {path: file for path, file in tree.items() if fnmatch.fnmatch(path, wanted)}
        return {
            posixpath.normpath(posixpath.join(target, posixpath.basename(path))): file
            for path, file in matching.items()
        }
    prefix = "/" if wanted == "/" else wanted + "/"
    return {
        posixpath.normpath(posixpath.join(target, path[len(prefix) :])): file
        for path, file in tree.items()
        if path.startswith(prefix)
    }


def _instructions(text: str) -> list[tuple[int, str]]:
    """Logical lines with the number they start at; comments and continuations resolved."""
    found: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("#") or (not stripped and not pending):
            continue
        start = start or number
        if stripped.endswith("\\"):
            pending += stripped[:-1] + " "
            continue
        found.append((start, re.sub(r"\s+", " ", pending + stripped, count=1)))
        pending, start = "", 0
    return found


def _expand(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        known = variables.get(name, "")
        if match[3] == "-":
            return known or match[4]
        if match[3] == "+":
            return match[4] if known else ""
        return known

    return _VARIABLE.sub(value, text)


def ignore_patterns(context: Path, dockerfile: Path) -> list[str]:
    """The lines of the ``.dockerignore`` that holds for this Dockerfile."""
    own = dockerfile.with_name(dockerfile.name + ".dockerignore")
    path = own if own.exists() else context / ".dockerignore"
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def context_files(context: Path, patterns: list[str]) -> dict[str, Path]:
    """The files of a build context: absolute path inside it to path on this machine."""
    from docker.utils.build import exclude_paths

    listed = sorted(exclude_paths(str(context), patterns))
    files = {f"/{Path(name).as_posix()}": context / name for name in listed}
    return {place: path for place, path in files.items() if path.is_file()}


def _command(rest: str) -> list[str]:
    if rest.startswith("["):
        return [str(word) for word in json.loads(rest)]
    return ["/bin/sh", "-c", rest]


def _env(stage: Stage, rest: str) -> None:
    words = shlex.split(rest)
    if words and "=" not in words[0]:  # the old form: ENV KEY the whole value
        words = [f"{words[0]}={rest.partition(' ')[2].strip()}"]
    listed = dict(item.split("=", 1) for item in stage.config.get("Env", []))
    for word in words:
        name, _, value = word.partition("=")
        stage.variables[name] = listed[name] = _expand(value, stage.variables)
    stage.config["Env"] = [f"{name}={value}" for name, value in listed.items()]


def _workdir(stage: Stage, rest: str) -> None:
    path = _expand(rest, stage.variables)
    stage.config["WorkingDir"] = posixpath.normpath(posixpath.join(stage.workdir, path))


def _expose(stage: Stage, rest: str) -> None:
    for port in _expand(rest, stage.variables).split():
        name = port if "/" in port else f"{port}/tcp"
        stage.config.setdefault("ExposedPorts", {})[name] = {}


def _healthcheck(stage: Stage, rest: str) -> None:
    check: dict[str, Any] = {}
    while match := _FLAG.match(rest):
        if match[1] == "retries":
            check["Retries"] = int(match[2])
        elif match[1] in _HEALTH_FLAGS:
            check[_HEALTH_FLAGS[match[1]]] = _nanoseconds(match[2])
        rest = rest[match.end() :].strip()
    word, _, command = rest.partition(" ")
    if word.upper() == "NONE":
        stage.config.pop("Healthcheck", None)
        return
    command = command.strip()
    shell = not command.startswith("[")
    check["Test"] = ["CMD-SHELL", command] if shell else ["CMD", *_command(command)]
    stage.config["Healthcheck"] = check


def _nanoseconds(duration: str) -> int:
    return sum(
        round(float(number) * _UNITS[unit])
        for number, unit in re.findall(r"([\d.]+)(ms|s|m|h)", duration)
    )


def _setting(name: str, parse: Callable[[str], object]) -> Callable[[Stage, str], None]:
    def apply(stage: Stage, rest: str) -> None:
        stage.config[name] = parse(rest)

    return apply


_CONFIGURE: dict[str, Callable[[Stage, str], None]] = {
    "CMD": _setting("Cmd", _command),
    "ENTRYPOINT": _setting("Entrypoint", _command),
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "STOPSIGNAL": _setting("StopSignal", str),
    "USER": _setting("User", str),
    "WORKDIR": _workdir,
}
