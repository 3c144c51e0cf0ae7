"""The Kubernetes behind one EKS cluster: a control plane of its own, a mock, or the user's.

``choice`` decides which. Whatever it is, the EKS service sees the same few things: where it
answers, whom to trust, how to reach it, and how to end it.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import choice, client, eks_kubeconfig
from . import kubeconfig as kubeconfigs

NOTE = "note"
"""In the folder: what it is, for the terminal of whoever deploys."""
CONNECT_SECONDS = 30
"""A control plane that says it is ready answers at once; more means that it is not well."""


@dataclass(frozen=True)
class Plane:
    """A running API server and what started it."""

    kind: choice.Kind
    note: str
    """One sentence: what this is, and what would change it."""
    version: str
    """What the API server says it is: ``v1.34.4``."""
    kubeconfig: Mapping[str, Any]
    """The administrator's, without references to files."""
    api: client.Api
    folder: Path
    control: Any
    """What ``plane.start`` or ``mock.start`` returned; None for the user's own cluster."""
    _stop: Callable[[], None]

    @property
    def endpoint(self) -> str:
        """The API server's URL."""
        return self.api.server

    @property
    def ca(self) -> str:
        """The certificate authority as DescribeCluster has it: base64 of PEM."""
        return str(self.api.access.trust.get("certificate-authority-data", ""))

    @property
    def schedules(self) -> bool:
        """Whether it has controllers, a scheduler and nodes of ours."""
        return self.kind == "built"

    def stop(self) -> None:
        """End it; its files stay, the logs of what failed among them."""
        self.api.close()
        self._stop()


def start(name: str, folder: Path, *, token_webhook: str | None = None) -> Plane:
    """Start what ``choice`` says, keeping its files in ``folder``; CloudError if it cannot be.

    ``token_webhook`` is asked by a built control plane whose a bearer token is.
    """
    chosen = choice.choose()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    document, control = _started(chosen, name, folder, token_webhook)
    stop: Callable[[], None] = control.stop if control is not None else lambda: None
    try:
        api = client.connect(document, seconds=CONNECT_SECONDS)
        version = str(api.version().get("gitVersion", ""))
    except BaseException:
        stop()
        raise
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2))
    (folder / NOTE).write_text(chosen.note)
    return Plane(chosen.kind, chosen.note, version, document, api, folder, control, stop)


def _started(
    chosen: choice.Choice, name: str, folder: Path, token_webhook: str | None
) -> tuple[Mapping[str, Any], Any]:
    if chosen.kind == "external":
        assert chosen.kubeconfig is not None
        text, where = chosen.kubeconfig.read_text(), chosen.kubeconfig.parent
        access = kubeconfigs.read(text, folder=where)
        return eks_kubeconfig.flat(access, name), None
    if chosen.kind == "mock":
        from . import mock

        double = mock.start(folder, name)
        return double.kubeconfig, double
    from . import build, plane

    binaries = build.binaries()
    assert binaries is not None
    real = plane.start(folder, name=name, binaries=binaries, token_webhook=token_webhook)
    return real.kubeconfig, real
