"""Which Kubernetes there is: the user's own cluster, a built control plane, or a mock.

``SANDBOX_KUBECONFIG`` names a cluster of the user's (kind, minikube). Else the control
plane that ``make kubernetes`` built is used, and a mock where it was not. ``SANDBOX_KUBERNETES``
(``auto``, ``built``, ``mock``) decides otherwise.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..cloud.errors import CloudError
from . import build

Kind = Literal["external", "built", "mock"]

KUBECONFIG = "SANDBOX_KUBECONFIG"
VARIABLE = "SANDBOX_KUBERNETES"
CHOICES = ("auto", "built", "mock")
PROBE_SECONDS = 15
"""How long the user's own cluster may take to answer; a local one needs milliseconds."""


@dataclass(frozen=True)
class Choice:
    """What an EKS cluster of the sandbox will be."""

    kind: Kind
    note: str
    """One line for the terminal: what it is, why, and what would change it."""
    kubeconfig: Path | None = None
    """Only for ``external``; absolute."""


def choose() -> Choice:
    """Pick by the environment and by what is built.

    Raises CloudError for an unknown name, for ``built`` when nothing is, and for a kubeconfig
    that is missing, malformed, or leads nowhere within ``PROBE_SECONDS``.
    """
    wanted = os.environ.get(VARIABLE) or "auto"
    if wanted not in CHOICES:
        allowed = ", ".join(CHOICES)
        raise CloudError(f"{VARIABLE}={wanted!r} is not a kind of Kubernetes. Allowed: {allowed}.")
    if wanted == "mock":
        return Choice("mock", f"Kubernetes: a mock, as {VARIABLE} asks; {_mocked()}")
    named = os.environ.get(KUBECONFIG)
    if named and wanted == "auto":
        return _external(Path(named).expanduser().resolve())
    if build.binaries() is not None:
        return Choice(
            "built",
            f"Kubernetes: a real control plane {build.kubernetes_version()} for each cluster; "
            "KWOK plays the nodes, pods run as the tasks of ECS do",
        )
    if wanted == "built":
        raise CloudError(
            f"{VARIABLE}=built, but the control plane is not built. Run `make kubernetes` "
            f"(it needs Go {build.wanted_go()} or newer), or use {VARIABLE}=mock."
        )
    return Choice(
        "mock",
        "Kubernetes: a mock, because `make kubernetes` was not run (Go builds a real control plane "
        f"in about 10 minutes); {_mocked()}",
    )


def _mocked() -> str:
    from . import mock

    return mock.NOTE


def _external(path: Path) -> Choice:
    from . import client

    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not a text file"
        raise CloudError(
            f"{KUBECONFIG}={path} cannot be read: {why}. Correct it, or unset it to use "
            "the sandbox's own Kubernetes."
        ) from None
    try:
        api = client.connect(text, seconds=PROBE_SECONDS, folder=path.parent)
        version = api.version(seconds=PROBE_SECONDS).get("gitVersion")
    except CloudError as error:
        raise CloudError(
            f"{KUBECONFIG}={path} leads to no cluster. {error} Start the cluster or correct the "
            f"file, or unset {KUBECONFIG} to use the sandbox's own Kubernetes."
        ) from None
    api.close()
    return Choice(
        "external",
        f"Kubernetes: the cluster {api.access.context!r} of {path} ({version}); its nodes are its "
        "own, node groups are only remembered",
        path,
    )
