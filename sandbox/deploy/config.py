"""The configuration of a stack, as the official engine would hand it to the program.

Reads ``Pulumi.yaml`` (project name, entry point, configuration schema with types and
defaults) and ``Pulumi.<stack>.yaml``. Encrypted values and ESC environments need the
official engine and are refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .events import DeployError

_CHECKS: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


@dataclass(frozen=True)
class StackConfig:
    """A stack's settings in the form that ``pulumi.Config`` reads."""

    project: str
    stack: str
    directory: Path
    """Where ``Pulumi.yaml`` is: the program's working directory."""
    main: Path
    """The file that is run."""
    values: dict[str, str] = field(default_factory=dict)
    """Namespaced key to string; lists, maps, numbers and booleans are JSON."""
    secrets: frozenset[str] = frozenset()

    @property
    def region(self) -> str | None:
        """``aws:region`` of the stack, when it says one."""
        return self.values.get("aws:region")

    @property
    def default_tags(self) -> dict[str, str]:
        """``aws:defaultTags`` of the stack."""
        given = json.loads(self.values.get("aws:defaultTags", "{}"))
        tags = given.get("tags", {}) if isinstance(given, dict) else {}
        return {str(key): str(value) for key, value in tags.items()}


def load_config(
    program: Path,
    stack: str,
    *,
    config_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> StackConfig:
    """Read the configuration of ``stack`` for the program at this file or directory.

    Keys may carry the project's namespace or not. DeployError names file and key.
    """
    program = program.resolve()
    directory = program if program.is_dir() else program.parent
    project_file = directory / "Pulumi.yaml"
    project = _read(project_file) if project_file.exists() else {}
    name = str(project.get("name", directory.name))
    main = program if program.is_file() else directory / str(project.get("main", ""))
    if main.is_dir():
        main = main / "__main__.py"
    if not main.is_file():
        raise DeployError(f"{main}: there is no Pulumi program. Give its directory or file.")

    stack_file = config_file or directory / f"Pulumi.{stack}.yaml"
    given: dict[str, Any] = {}
    if stack_file.exists():
        document = _read(stack_file)
        if document.get("environment"):
            raise DeployError(
                f"{stack_file.name}: 'environment' needs Pulumi ESC, which the sandbox does not "
                "have. Set the values in a stack file of its own."
            )
        given = _mapping(stack_file, document)
    else:
        known = sorted(path.name.split(".")[1] for path in directory.glob("Pulumi.*.yaml"))
        if config_file or known:
            raise DeployError(
                f"stack '{stack}' has no {stack_file.name}."
                + (f" Stacks of this project: {', '.join(known)}." if known else "")
            )

    schema = _mapping(project_file, project)
    values = {_key(name, key): value for key, value in given.items()}
    values |= {_key(name, key): value for key, value in (overrides or {}).items()}
    secrets: set[str] = set()
    for key, entry in schema.items():
        full = _key(name, key)
        typed = isinstance(entry, dict) and (
            entry.keys() & {"type", "default", "value", "secret", "description", "items"}
        )
        declared: dict[str, Any] = entry if typed else {"value": entry}
        if declared.get("secret"):
            secrets.add(full)
        default = declared.get("default", declared.get("value"))
        if full not in values:
            if default is None and "type" in declared:
                raise DeployError(
                    f"{stack_file.name}: '{full}' is missing. {project_file.name} declares it as "
                    f"{declared['type']} without a default: set it."
                )
            if default is not None:
                values[full] = default
        if full in values and "type" in declared and not _encrypted(values[full]):
            _check(stack_file, full, values[full], declared)
    texts = {key: _text(stack_file, key, value) for key, value in values.items()}
    return StackConfig(name, stack, directory, main, texts, frozenset(secrets))


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DeployError(f"{file.name} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise DeployError(f"{file.name}: a mapping is expected, not {type(document).__name__}.")
    return document


def _mapping(file: Path, document: dict[str, Any]) -> dict[str, Any]:
    config = document.get("config") or {}
    if not isinstance(config, dict):
        raise DeployError(f"{file.name}: 'config' must map keys to values.")
    return config


def _key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _check(file: Path, key: str, value: Any, declared: dict[str, Any]) -> None:
    kind = declared["type"]
    if kind not in _CHECKS:
        raise DeployError(f"Pulumi.yaml: '{key}' has type {kind}. Allowed: {', '.join(_CHECKS)}.")
    if not _is(kind, value):
        raise DeployError(
            f"{file.name}: '{key}' must be of type {kind}, but {json.dumps(value, default=str)} "
            "is given."
        )
    if isinstance(value, list) and isinstance(declared.get("items"), dict):
        for index, item in enumerate(value):
            _check(file, f"{key}[{index}]", item, declared["items"])


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, str) and kind != "string":
        # `pulumi config set` and the command line write every value as text.
        try:
            value = json.loads(value)
        except ValueError:
            return False
    if kind == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, _CHECKS[kind])


def _text(file: Path, key: str, value: Any) -> str:
    if _encrypted(value):
        raise DeployError(
            f"{file.name}: '{key}' is encrypted (secure:). The sandbox cannot decrypt it: give a "
            "plain value that is good for the sandbox alone in a stack file of its own."
        )
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _encrypted(value: Any) -> bool:
    if isinstance(value, dict):
        return "secure" in value or any(map(_encrypted, value.values()))
    return isinstance(value, list) and any(map(_encrypted, value))
