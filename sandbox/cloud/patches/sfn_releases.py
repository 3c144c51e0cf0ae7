"""An execution keeps to the version that it was started with.

The emulator runs the newest definition whichever version or alias was named, gives an alias's
executions all to one version, and leaves versions and aliases behind when a machine is deleted.
"""

import functools
import json
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import json_response
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard

_dice = random.Random(os.environ.get("SANDBOX_SEED"))  # noqa: S311 - shares of executions


@dataclass(frozen=True)
class Release:
    """What an execution runs, fixed when it starts."""

    machine: Mapping[str, Any]
    """The machine's record."""
    definition: str
    role: str
    logging: Mapping[str, Any]
    version: str | None
    alias: str | None


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Publish a revision once; tidy up after a machine."""
    guard.wrap(sfn, "_publish_state_machine_version", "(data)", _publishing)
    guard.wrap(sfn, "_delete_state_machine", "(data)", _deleting)
    guard.checked(sfn, "_resolve_state_machine_arn", "(arn)")


def chosen(arn: str) -> Release | None:
    """What this start of a machine, version or alias runs; None if there is no such thing."""
    alias = sfn._state_machine_aliases.get(arn)
    version = sfn._state_machine_versions.get(_drawn(alias) if alias else arn)
    source = version or sfn._state_machines.get(arn)
    if source is None:
        return None
    machine = sfn._state_machines.get(source["stateMachineArn"])
    if machine is None:
        return None
    return Release(
        machine=machine,
        definition=source["definition"],
        role=source["roleArn"],
        logging=source.get("loggingConfiguration") or {},
        version=version["stateMachineVersionArn"] if version else None,
        alias=arn if alias else None,
    )


@functools.lru_cache(maxsize=256)
def parsed(definition: str) -> Mapping[str, Any]:
    """A definition, which nobody may change: executions share it."""
    return dict(json.loads(definition))


def _drawn(alias: Mapping[str, Any]) -> str:
    """One of the alias's versions, by weight."""
    point, found = _dice.uniform(0, 100), ""
    for route in alias["routingConfiguration"]:
        if route["weight"]:
            found = str(route["stateMachineVersionArn"])
            if point < route["weight"]:
                break
            point -= route["weight"]
    return found


def _publishing(original: Callable[..., Any]) -> Callable[..., Any]:
    def publish(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn")
        machine = sfn._state_machines.get(arn) or {}
        wanted = data.get("revisionId")
        for version in sfn._state_machine_versions.values():
            if (
                version["stateMachineArn"] == arn
                and version["stateMachineRevisionId"] == machine.get("revisionId")
                and wanted in (None, "", machine.get("revisionId"))
            ):
                kept = ("stateMachineVersionArn", "creationDate")
                return json_response({key: version[key] for key in kept})
        return original(data)

    return publish


def _deleting(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(data: dict[str, Any]) -> Any:
        from . import sfn_executions

        arn = str(data.get("stateMachineArn"))
        if arn in sfn._state_machines:
            sfn_executions.end_all(arn)
            for store in (sfn._state_machine_versions, sfn._state_machine_aliases):
                for key in [key for key in store if key.startswith(f"{arn}:")]:
                    store.pop(key, None)
        return original(data)

    return delete
