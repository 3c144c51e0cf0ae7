"""What the patches of EKS share: its records, its refusals, its updates, who does the work.

A request answers at once and the work goes on in a thread, as on AWS: CREATING, UPDATING and
DELETING are seen by who asks meanwhile.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import eks

from sandbox.cloud.errors import CloudError
from sandbox.kubernetes.eks_plane import Plane

Record = dict[str, Any]
Key = tuple[str, str, str]
"""Account, region, cluster."""

planes: dict[Key, Plane] = {}
"""The control planes that run."""
_updates: dict[Key, dict[str, Record]] = {}
_log = logging.getLogger("sandbox.eks")


class Refusal(Exception):  # noqa: N818 - what happened, not a fault of the program
    """The service's answer to a request that it does not serve."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def invalid(message: str) -> Refusal:
    """A parameter is wrong."""
    return Refusal("InvalidParameterException", message)


def not_now(message: str) -> Refusal:
    """The request is well-formed, but not in this state of things."""
    return Refusal("InvalidRequestException", message)


def in_use(message: str) -> Refusal:
    """It exists already, or others still need it."""
    return Refusal("ResourceInUseException", message, 409)


def missing(message: str) -> Refusal:
    """There is none."""
    return Refusal("ResourceNotFoundException", message, 404)


def key(name: str) -> Key:
    """Where the cluster ``name`` of the current request is kept."""
    return get_account_id(), get_region(), name


def cluster(name: str) -> Record:
    """The cluster's record; refused if there is none."""
    found: Record | None = eks._clusters.get(name)
    if found is None:
        raise missing(f"No cluster found for name: {name}.")
    return found


def usable(name: str) -> Record:
    """The record of a cluster that takes node groups and the like."""
    found = cluster(name)
    if found["status"] not in ("ACTIVE", "UPDATING"):
        raise not_now(f"Cluster '{name}' is not in ACTIVE status: it is {found['status']}.")
    return found


def issue(code: str, message: str, *resources: str) -> Record:
    """One entry of a record's health."""
    return {"code": code, "message": message, "resourceIds": list(resources)}


def work(name: str, task: Callable[[], None], failed: Callable[[str], None]) -> threading.Thread:
    """Do ``task`` in a thread within the request's account and region; tell what went wrong."""
    account, region = get_account_id(), get_region()

    def run() -> None:
        with request_scope(account, region):
            try:
                task()
            except CloudError as error:
                _log.warning("%s: %s", name, error)
                failed(str(error))
            except Exception as error:  # noqa: BLE001 - the record tells it, and the log
                _log.exception("%s failed", name)
                failed(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=run, daemon=True, name=f"sandbox-eks-{name}")
    thread.start()
    return thread


def update(cluster: str, type: str, parameters: Mapping[str, Any], status: str) -> Record:
    """A new update of the cluster or of something in it, remembered for DescribeUpdate."""
    return remember(
        cluster,
        {
            "id": new_uuid(),
            "status": status,
            "type": type,
            "params": [
                {"type": name, "value": value if isinstance(value, str) else json.dumps(value)}
                for name, value in parameters.items()
            ],
            "createdAt": time.time(),
            "errors": [],
        },
    )


def remember(cluster: str, record: Record) -> Record:
    """Keep an update that the emulator has made."""
    return _updates.setdefault(key(cluster), {}).setdefault(record["id"], record)


def updates(cluster: str) -> dict[str, Record]:
    """All updates of a cluster by their ids."""
    return _updates.get(key(cluster), {})


def forget(key: Key) -> None:
    """Drop what is kept here for a cluster that is gone."""
    planes.pop(key, None)
    _updates.pop(key, None)
