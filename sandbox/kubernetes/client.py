"""The official client of any Kubernetes API server, with manifests as plain dicts, in and out.

Ours are the words of an error, an end to every wait, and the end of a watch from another
thread. The package takes two seconds to import: only whoever asks a server does it.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut

from ..cloud.errors import CloudError
from . import kubeconfig as kubeconfigs

Manifest = dict[str, Any]
Resource = Any
"""The package's: a kind as it is served, with ``path(name=..., namespace=...)``."""

ATTEMPT_SECONDS = 30
"""How long one request may take; an API server that is well answers in milliseconds."""
_NOWHERE = "/dev/null/none"
"""No file can be there. So what the package discovers stays in memory: its own file is named
after the host, and on loopback, where ports come back, belongs to another cluster."""


class Unreachable(CloudError):  # noqa: N818 - reads as what happened
    """No API server answers where the kubeconfig says."""


class Refused(CloudError):  # noqa: N818 - reads as what happened
    """The API server answered with an error; the message is its own."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("message") or f"HTTP status {status}"))
        self.status = status
        self.reason = str(body.get("reason") or "")
        """Machine-readable: ``NotFound``, ``Conflict``, ``Invalid``, ``Forbidden`` …"""
        self.body = body
        """The whole ``Status`` object."""


class Missing(Refused):
    """The object, or its kind, is not there: 404."""


class Event(NamedTuple):
    """One line of a watch: ``ADDED``, ``MODIFIED`` or ``DELETED``, and what."""

    type: str
    object: Manifest


def connect(
    kubeconfig: Mapping[str, Any] | str, *, seconds: float = 10, folder: Path | None = None
) -> "Api":
    """Reach the API server of the kubeconfig's current context; paths in it start in ``folder``.

    Raises Unreachable after ``seconds`` without an answer, Refused if it wants other
    credentials, CloudError if the kubeconfig itself is wrong.
    """
    api = Api(kubeconfigs.read(kubeconfig, folder=folder))
    api.version(seconds=seconds)
    return api


class Api:
    """The verbs of one API server; safe to use from many threads.

    Everything raises Refused with the API server's own message, or Unreachable. A namespaced
    object without a namespace is in ``default``.
    """

    def __init__(self, access: kubeconfigs.Access) -> None:
        self.access = access
        self.server = access.server
        self._client: Any = None
        self._discovered: Any = None
        self._lock, self._learning = threading.Lock(), threading.Lock()
        self._watches: set[BaseHTTPResponse] = set()
        self._closed = False

    def close(self) -> None:
        """End every watch, as if it had run out, and drop the connections."""
        with self._lock:
            self._closed = True
            watches, client = list(self._watches), self._client
        for response in watches:
            with contextlib.suppress(Exception):
                response.shutdown()
        if client is not None:
            client.client.rest_client.pool_manager.clear()

    def version(self, *, seconds: float = ATTEMPT_SECONDS) -> Manifest:
        """What the API server says of itself (``gitVersion`` …)."""
        return self._ask("request", "GET", "/version", seconds=seconds)

    def request(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Manifest:
        """Any request with a JSON answer."""
        return self._ask("request", method, path, body, query_params=list((query or {}).items()))

    def text(self, path: str) -> str:
        """What is served as plain text, such as metrics."""
        how: dict[str, Any] = {"serialize": False, "_request_timeout": ATTEMPT_SECONDS}
        return str(self._attempt(lambda it: it.request("GET", path, **how).data.decode()))

    def resource(self, api_version: str, kind: str, subresource: str = "") -> Resource:
        """How ``kind`` is served; Refused (404) if it is not."""
        from kubernetes.dynamic.discovery import LazyDiscoverer
        from kubernetes.dynamic.exceptions import ResourceNotFoundError

        def discover(client: Any) -> Resource:
            with self._learning:  # the package's discoverer is for one thread
                if self._discovered is None or self._discovered.client is not client:
                    self._discovered = LazyDiscoverer(client, _NOWHERE)
                prefix = "apis" if "/" in api_version else "api"
                return self._discovered.get(prefix=prefix, api_version=api_version, kind=kind)

        with contextlib.suppress(ResourceNotFoundError):
            found = self._attempt(discover)
            if not subresource or subresource in found.subresources:
                return found.subresources[subresource] if subresource else found
        wanted = f"{kind}/{subresource}" if subresource else kind
        message = f'no matches for kind "{wanted}" in version "{api_version}"'
        raise Missing(404, {"kind": "Status", "reason": "NotFound", "message": message})

    def get(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Manifest | None:
        """One object, or None if there is none."""
        served = self.resource(api_version, kind)
        with contextlib.suppress(Missing):
            return self._ask("get", served, name, namespace or "default")
        return None

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
    ) -> list[Manifest]:
        """Objects of a kind, of one namespace or of all; selectors as kubectl writes them."""
        how: dict[str, Any] = {"label_selector": labels, "field_selector": fields}
        found = self._ask("get", self.resource(api_version, kind), None, namespace, **how)
        # The items of a list carry neither of the two; whoever reads one wants them.
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found["items"] or []]

    def apply(
        self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Manifest:
        """Server-side apply: create or change, and own the fields of ``manifest``.

        Unknown and duplicate fields are refused. A field that another manager owns with
        another value is refused (409, ``Conflict``) unless ``force``.
        """
        how: dict[str, Any] = {"force_conflicts": "true"} if force else {}
        how |= {"dry_run": "All"} if dry_run else {}
        how |= {"field_manager": manager, "query_params": [("fieldValidation", "Strict")]}
        return self._ask("server_side_apply", *self._described(manifest), **how)

    def create(self, manifest: Manifest, *, manager: str = "sandbox") -> Manifest:
        """Create; Refused (409, ``AlreadyExists``) if it is there."""
        kind, body, _, namespace = self._described(manifest)
        return self._ask("create", kind, body, namespace, field_manager=manager)

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        patch: Any,
        kind_of_patch: Literal["merge", "json", "strategic"] = "merge",
        manager: str = "sandbox",
        subresource: str = "",
    ) -> Manifest:
        """Change some fields; those of the status with ``subresource="status"``."""
        served = self.resource(api_version, kind, subresource)
        type = "strategic-merge" if kind_of_patch == "strategic" else kind_of_patch
        media = f"application/{type}-patch+json"
        how: dict[str, Any] = {"field_manager": manager, "content_type": media}
        return self._ask("patch", served, patch, name, namespace or "default", **how)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
        grace_seconds: int | None = None,
    ) -> bool:
        """Ask for the deletion, which may take a while; False if there was nothing."""
        served = self.resource(api_version, kind)
        how: dict[str, Any] = {"propagation_policy": propagation}
        how |= {"grace_period_seconds": grace_seconds}
        with contextlib.suppress(Missing):
            self._ask("delete", served, name, namespace or "default", **how)
            return True
        return False

    def watch(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        seconds: int = 300,
        since: str = "",
    ) -> Iterator[Event]:
        """What is there (as ``ADDED``), then every change, for at most ``seconds``.

        With ``since`` (a resourceVersion) only what came after it; Refused (410) if that is too
        long ago. Ends without an error when the time is over, the connection breaks or
        the client is closed.
        """
        how: dict[str, Any] = {"label_selector": labels, "field_selector": fields, "watch": "true"}
        how |= {"timeout_seconds": seconds, "resource_version": since, "serialize": False}
        how |= {"_request_timeout": (ATTEMPT_SECONDS, seconds + ATTEMPT_SECONDS)}
        served = self.resource(api_version, kind)
        # Not the package's Watch: it forgets a stop that comes before the first line, and of an
        # error the Status object.
        response = self._attempt(lambda it: it.get(served, None, namespace, **how))
        with self._lock:
            self._watches.add(response)
            closed = self._closed
        try:
            for event in [] if closed else _events(response):
                if event["type"] == "ERROR":
                    raise Refused(int(event["object"].get("code", 500)), event["object"])
                yield Event(event["type"], event["object"])
        finally:
            with self._lock:
                self._watches.discard(response)
            with contextlib.suppress(Exception):
                response.close()

    def _described(self, manifest: Manifest) -> tuple[Resource, Manifest, str, str]:
        """The arguments of the package's verbs: kind, body, name, namespace."""
        kind = self.resource(str(manifest.get("apiVersion")), str(manifest.get("kind")))
        metadata = manifest.get("metadata") or {}
        name, namespace = str(metadata.get("name")), metadata.get("namespace") or "default"
        return kind, manifest, name, namespace

    def _ask(
        self, verb: str, *arguments: Any, seconds: float = ATTEMPT_SECONDS, **how: Any
    ) -> Manifest:
        """What a method of the package's dynamic client answers."""
        how |= {"serialize": False, "_request_timeout": seconds}
        answer = self._attempt(lambda it: getattr(it, verb)(*arguments, **how).data, seconds)
        return json.loads(answer)  # type: ignore[no-any-return]

    def _attempt(self, call: Callable[[Any], Any], seconds: float = ATTEMPT_SECONDS) -> Any:
        """Use the client; what a credential plugin gave may have expired, then once more."""
        from kubernetes.client import ApiException

        client = self._connected()
        try:
            try:
                return call(client)
            except ApiException as error:
                if error.status != 401 or "exec" not in self.access.user:
                    raise
                return call(self._connected(instead_of=client))
        except ApiException as error:
            if error.status:
                kind_of_error = Missing if error.status == 404 else Refused
                raise kind_of_error(error.status, _status(error.body or "")) from None
            why = f"cannot be reached: {' '.join(str(error.reason).split())}"  # TLS says so
        except (HTTPError, OSError, UnicodeError) as error:
            # urllib3 puts the connection's repr before the words.
            why = f"cannot be reached: {str(error).rpartition(': ')[2]}"
            # It counts a refused connection among the time-outs.
            if isinstance(error, TimedOut) and not isinstance(error, NewConnectionError):
                why = f"gave no answer within {seconds:g} s"
        where = f"{self.server} (context {self.access.context!r})"
        raise Unreachable(f"The Kubernetes API server {where} {why}.")

    def _connected(self, instead_of: Any = None) -> Any:
        """The package's dynamic client; another for other credentials."""
        if self._client is instead_of:
            with self._learning:
                if self._client is instead_of:
                    self._client = kubeconfigs.client(self.access, seconds=ATTEMPT_SECONDS)
        return self._client


def _status(text: str) -> Mapping[str, Any]:
    """The ``Status`` object of an answer, or whatever stands in its place as its message."""
    with contextlib.suppress(ValueError):
        if isinstance(found := json.loads(text), dict):
            return found
    return {"message": text.strip()}


def _events(response: BaseHTTPResponse) -> Iterator[Manifest]:
    from kubernetes.watch.watch import iter_resp_lines

    # A watch ends in many ways (time, shutdown from another thread, a server that went).
    with contextlib.suppress(HTTPError, OSError, ValueError, AttributeError):
        yield from (json.loads(line) for line in iter_resp_lines(response) if line.strip())
