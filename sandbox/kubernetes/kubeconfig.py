"""What a kubeconfig says about one cluster, made free of files and given to the official client.

Ours is that a wrong one is said to be so in words that help. The official loader only logs
that a credential plugin failed, and goes on as nobody; so the plugin is asked here.
"""

import base64
import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

from ..cloud.errors import CloudError

EXEC_SECONDS = 30
"""How long a credential plugin (``aws eks get-token``) may take."""
CONNECTIONS = 32
"""Kept open at once; a deploy applies its resources from that many threads."""
_loading = threading.Lock()
"""The official loader reuses its files of keys, and would read one that is being written."""


@dataclass(frozen=True)
class Access:
    """One context of a kubeconfig, resolved; what it says refers to no files."""

    server: str
    """The API server's URL, without a slash at its end."""
    context: str
    cluster: str
    """Name of the cluster's entry."""
    namespace: str
    trust: Mapping[str, Any]
    """The cluster's entry: ``server``, ``certificate-authority-data`` …"""
    user: Mapping[str, Any]
    """The user's entry: ``token``, ``client-key-data``, ``exec`` …"""

    def document(self, name: str, user: Mapping[str, Any]) -> dict[str, Any]:
        """A kubeconfig of this cluster alone, for ``user``; its context is called ``name``."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.cluster, "cluster": dict(self.trust)}],
            "users": [{"name": name, "user": dict(user)}],
            "contexts": [{"name": name, "context": {"cluster": self.cluster, "user": name}}],
            "current-context": name,
        }


def read(kubeconfig: Mapping[str, Any] | str, *, folder: Path | None = None) -> Access:
    """Resolve the current context of a kubeconfig, given as mapping or as YAML or JSON text.

    ``folder`` is where relative paths in it start.
    """
    document = _document(kubeconfig)
    name = document.get("current-context") or ""
    context = _named(document, "contexts", "context", name)
    cluster = _named(document, "clusters", "cluster", str(context.get("cluster", "")))
    user = _named(document, "users", "user", str(context.get("user", "")))
    server = str(cluster.get("server", "")).rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise CloudError(
            f"The kubeconfig's cluster {context.get('cluster')!r} has the server {server!r}; "
            "it must be an https:// or http:// URL."
        )
    _inline(cluster, "certificate-authority", folder)
    _inline(user, "client-certificate", folder)
    _inline(user, "client-key", folder)
    _inline(user, "tokenFile", folder)
    namespace = str(context.get("namespace") or "default")
    return Access(server, str(name), str(context.get("cluster")), namespace, cluster, user)


def client(access: Access, *, seconds: float) -> Any:
    """The package's ``DynamicClient``, whose requests end after ``seconds`` if they say no other.

    Asks the credential plugin, if there is one.
    """
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, new_client_from_config_dict
    from kubernetes.dynamic import DynamicClient

    user = dict(access.user)
    if plugin := user.pop("exec", None):
        user["token"] = _token(plugin)
    settings = Configuration()
    settings.retries = False  # pyright: ignore[reportAttributeAccessIssue]
    settings.connection_pool_maxsize = CONNECTIONS
    settings.proxy = None  # the shell's proxy knows no loopback addresses
    document = access.document(access.context, user)
    try:
        with _loading:
            made = new_client_from_config_dict(
                document, persist_config=False, client_configuration=settings
            )
    except (ConfigException, ValueError) as error:
        raise CloudError(f"The kubeconfig's {access.context!r} cannot be used: {error}.") from None
    made.user_agent = "slipway-sandbox"
    # The discoverer that it makes by itself would set out at once, and wait for ever.
    found = DynamicClient(made, discoverer=lambda *_: None)  # pyright: ignore[reportUnknownLambdaType]
    found.request = functools.partial(found.request, _request_timeout=seconds)
    return found


def _token(plugin: Mapping[str, Any]) -> str:
    """The bearer token that a credential plugin answers with."""
    from kubernetes.config.exec_provider import ExecProvider
    from kubernetes.config.kube_config import ConfigNode

    try:
        provider = ExecProvider(ConfigNode("exec", dict(plugin)), None)
        with ThreadPool(1) as pool:  # by itself it would wait for ever
            return str(pool.apply_async(provider.run).get(EXEC_SECONDS)["token"])
    except Exception as error:  # noqa: BLE001 - whatever a program of somebody's may do
        why = {
            "FileNotFoundError": "that program is not here",
            "TimeoutError": f"it gave none within {EXEC_SECONDS} s",
            "KeyError": "its answer has no token",
            # On a terminal the program's error went there, and the provider trips over that.
            "AttributeError": "it failed as it says above",
        }.get(type(error).__name__, f"got none: {error}")
        raise CloudError(
            f"The kubeconfig asks {plugin.get('command')!r} for credentials, and {why}."
        ) from None


def _document(kubeconfig: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(kubeconfig, Mapping):
        return kubeconfig
    import yaml

    try:
        document = yaml.safe_load(kubeconfig)
    except yaml.YAMLError as error:
        raise CloudError(f"The kubeconfig is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise CloudError("The kubeconfig is not a mapping with clusters, contexts and users.")
    return document


def _named(document: Mapping[str, Any], section: str, key: str, name: str) -> dict[str, Any]:
    entries = [entry for entry in document.get(section) or [] if isinstance(entry, Mapping)]
    known = {str(entry.get("name")): entry.get(key) or {} for entry in entries}
    if name not in known:
        names = ", ".join(known) or "none"
        raise CloudError(f"The kubeconfig names no {key} {name!r} under {section}: {names}.")
    return dict(known[name])


def _inline(entry: dict[str, Any], key: str, folder: Path | None) -> None:
    """Put what a file holds in the place of its name; data that is there comes first."""
    file, token = entry.pop(key, None), key == "tokenFile"
    inline = "token" if token else f"{key}-data"
    if file and not entry.get(inline):
        try:
            content = ((folder or Path()) / Path(file).expanduser()).read_bytes()
        except OSError as error:
            raise CloudError(f"The kubeconfig's {key} {file!r} cannot be read: {error}.") from None
        entry[inline] = (content.strip() if token else base64.b64encode(content)).decode()
