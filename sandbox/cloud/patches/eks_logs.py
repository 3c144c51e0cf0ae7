"""A control plane's logs in CloudWatch Logs, for the types that the cluster has switched on.

EKS makes the group ``/aws/eks/<name>/cluster`` if nobody has, and then it keeps its lines for
ever; a group that was made first keeps its own retention.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import cloudwatch_logs

from sandbox.cloud.settings import Settings
from sandbox.kubernetes.eks_plane import Plane

from . import eks_records, guard

TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
FILES = {
    "api": "kube-apiserver",
    "controllerManager": "kube-controller-manager",
    "scheduler": "kube-scheduler",
}
"""Type -> the program whose lines they are; of the other types there are none."""
TICK_SECONDS = 1
BATCH_LINES = 1000

_followed: dict[eks_records.Key, threading.Event] = {}


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Make sure that lines can be written."""
    guard.checked(cloudwatch_logs, "_create_log_group", "(data)")


def group(cluster: str) -> str:
    """The log group of a cluster."""
    return f"/aws/eks/{cluster}/cluster"


def enabled(record: eks_records.Record) -> set[str]:
    """The log types that are switched on."""
    found: set[str] = set()
    for entry in (record.get("logging") or {}).get("clusterLogging") or []:
        types = set(entry.get("types") or [])
        found = found | types if entry.get("enabled") else found - types
    return found


def prepare(record: eks_records.Record) -> None:
    """Make the log group if something is to be written and nobody has made it."""
    name = group(record["name"])
    if enabled(record) and name not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": name})


def follow(record: eks_records.Record, plane: Plane) -> None:
    """Write the control plane's lines from now on, for as long as it lives."""
    prepare(record)
    stop = _followed.setdefault(eks_records.key(record["name"]), threading.Event())
    scope = get_account_id(), get_region()

    def run() -> None:
        readers = {kind: _Reader(plane.folder, program) for kind, program in FILES.items()}
        while not stop.wait(TICK_SECONDS):
            with request_scope(*scope):
                for kind in FILES.keys() & enabled(record):
                    readers[kind].forward(group(record["name"]))

    threading.Thread(target=run, daemon=True, name=f"sandbox-eks-logs-{record['name']}").start()


def end(key: eks_records.Key) -> None:
    """Stop following a cluster."""
    if (stop := _followed.pop(key, None)) is not None:
        stop.set()


class _Reader:
    """The lines of one program, each once."""

    def __init__(self, folder: Path, program: str) -> None:
        self._path = folder / "logs" / f"{program}.log"
        self._stream = f"{program}-{new_uuid().replace('-', '')}"
        self._read = 0

    def forward(self, group: str) -> None:
        found: dict[str, Any] | None = cloudwatch_logs._log_groups.get(group)
        if found is None:
            return  # somebody has deleted it, which is theirs to do
        names = {"logGroupName": group, "logStreamName": self._stream}
        for lines in self._new():
            if self._stream not in found["streams"]:
                cloudwatch_logs._create_log_stream(names)
            now = int(time.time() * 1000)
            events = [{"timestamp": now, "message": line} for line in lines]
            cloudwatch_logs._put_log_events({**names, "logEvents": events})

    def _new(self) -> Iterator[list[str]]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        for start in range(0, len(lines), BATCH_LINES):
            yield lines[start : start + BATCH_LINES]
