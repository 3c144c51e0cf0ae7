"""Services of type LoadBalancer: ports of 127.0.0.1 that lead to the pods that are ready.

As behind a Network Load Balancer only new connections move when pods come and go; what is
established stays with its pod until one of the two sides closes it.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from ...cloud.settings import Settings
from .. import annotations, client
from ..watching import Informer
from .tcp_proxy import Place, Proxies, Proxy

MANAGER = "sandbox-load-balancer"
CLASSES = frozenset((None, "service.k8s.aws/nlb", "eks.amazonaws.com/nlb"))
"""Load balancer classes that are served: EKS's own, and those of the controllers on it."""
CERTIFICATE = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
TLS_PORTS = "service.beta.kubernetes.io/aws-load-balancer-ssl-ports"
_log = logging.getLogger("sandbox.kubernetes")


class LoadBalancers:
    """All load balancers of one cluster."""

    def __init__(self, api: client.Api, settings: Settings) -> None:
        self._api, self._proxies = api, Proxies(settings.state)
        self._served: dict[str, dict[int, Proxy]] = {}
        """UID of a Service -> its port's number -> the proxy."""
        self._slices: dict[str, client.Manifest] = {}
        self._names: dict[str, str] = {}
        """UID of a Service -> ``namespace/name``."""
        self._lock = threading.Lock()
        self._informers = [
            Informer(api, "discovery.k8s.io/v1", "EndpointSlice", self._slice_changed),
            Informer(api, "v1", "Service", self._service_changed),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        self._proxies.start()
        for informer in self._informers:
            informer.start()

    def stop(self) -> None:
        """Close every port and every connection."""
        for informer in self._informers:
            informer.stop()
        self._proxies.stop()

    def _service_changed(self, service: client.Manifest, gone: bool) -> None:
        uid, spec = service["metadata"]["uid"], service["spec"]
        wanted = (
            not gone
            and not service["metadata"].get("deletionTimestamp")
            and spec.get("type") == "LoadBalancer"
            and spec.get("loadBalancerClass") in CLASSES
        )
        # An ExternalName has none.
        ports = [port for port in spec.get("ports", ()) if port.get("protocol", "TCP") == "TCP"]
        with self._lock:
            served = self._served.get(uid, {})
            numbers = [port["port"] for port in ports] if wanted else []
            for number in [number for number in served if number not in numbers]:
                served.pop(number).close()
            if not numbers:
                self._served.pop(uid, None)
                self._names.pop(uid, None)
                return
            self._names[uid] = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
            self._serve(service, ports, served)
            self._served[uid] = served
            self._aim(uid)
            address = f"127.0.0.1:{served[numbers[0]].port}"
        self._tell(service, address)

    def _serve(
        self, service: client.Manifest, ports: list[dict[str, Any]], served: dict[int, Proxy]
    ) -> None:
        marks = service["metadata"].get("annotations") or {}
        before = str(marks.get(annotations.ADDRESS, "")).rpartition(":")[2]
        for index, port in enumerate(ports):
            domains = _domains(port, marks)
            found = served.get(port["port"])
            if found is None or found.domains != domains:
                # Another certificate: the same port again, so that nobody's link breaks.
                preferred = found.port if found else int(before or 0) if index == 0 else 0
                if found is not None:
                    found.close()
                found = served[port["port"]] = self._proxies.open(preferred, domains)
            # Slices call the only port of a Service nothing.
            found.name = str(port.get("name") or "")

    def _tell(self, service: client.Manifest, address: str) -> None:
        metadata = service["metadata"]
        place = ("v1", "Service", metadata["name"], metadata["namespace"])
        status = (service.get("status") or {}).get("loadBalancer") or {}
        try:
            if (metadata.get("annotations") or {}).get(annotations.ADDRESS) != address:
                marks = {"uid": metadata["uid"], "annotations": {annotations.ADDRESS: address}}
                self._api.patch(*place, patch={"metadata": marks}, manager=MANAGER)
            if [item.get("ip") for item in status.get("ingress") or []] != ["127.0.0.1"]:
                body = {
                    "metadata": {"uid": metadata["uid"]},
                    "status": {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}},
                }
                self._api.patch(*place, patch=body, manager=MANAGER, subresource="status")
        except client.Refused as error:
            if error.status not in (404, 409):  # gone, or another one of the same name
                raise

    def _slice_changed(self, item: client.Manifest, gone: bool) -> None:
        with self._lock:
            if gone:
                self._slices.pop(item["metadata"]["uid"], None)
            else:
                self._slices[item["metadata"]["uid"]] = item
            owner = _owner(item)
            for uid, name in self._names.items():
                if name == owner:
                    self._aim(uid)

    def _aim(self, uid: str) -> None:
        """Point the Service's proxies at what its slices say."""
        slices = [item for item in self._slices.values() if _owner(item) == self._names[uid]]
        known = {port.get("name") or "" for item in slices for port in item.get("ports") or []}
        for proxy in self._served[uid].values():
            # While a renamed port's slices are still to come, the pods of before are right.
            if proxy.name in known or not known:
                proxy.places = places(slices, proxy.name)


def places(slices: list[client.Manifest], port: str) -> list[Place]:
    """Where new connections to a Service's port may go: ready pods, else serving ones that end.

    That is kube-proxy's rule; a rollout that loses its last ready pod drops nothing.
    """
    ready: list[Place] = []
    ending: list[Place] = []
    for item in slices:
        number = next(
            (p.get("port") for p in item.get("ports") or [] if (p.get("name") or "") == port), None
        )
        if number is None:
            continue
        for endpoint in item.get("endpoints") or []:
            target = endpoint.get("targetRef") or {}
            conditions = endpoint.get("conditions") or {}
            if target.get("kind") != "Pod":
                continue
            place = Place(str(target["uid"]), int(number))
            if conditions.get("ready", True):
                ready.append(place)
            elif conditions.get("serving") and conditions.get("terminating"):
                ending.append(place)
    return ready or ending


def _owner(item: client.Manifest) -> str:
    labels = item["metadata"].get("labels") or {}
    return f"{item['metadata']['namespace']}/{labels.get('kubernetes.io/service-name', '')}"


def _domains(port: Mapping[str, Any], marks: Mapping[str, str]) -> tuple[str, ...] | None:
    """The names of the certificate with which TLS ends at this port; None for plain TCP."""
    arn = marks.get(CERTIFICATE)
    if not arn:
        return None
    which = [item.strip() for item in marks.get(TLS_PORTS, "*").split(",")]
    if not {"*", str(port["port"]), str(port.get("name"))} & set(which):
        return None
    from ministack.services import acm  # the emulator's stores are in the cloud's process

    known = {key[-1]: record for key, record in list(acm._certificates._data.items())}
    names: list[str] = []
    for item in arn.split(","):
        record = known.get(item.strip()) or {}
        names += [record.get("DomainName", "localhost")]
        names += record.get("SubjectAlternativeNames") or []
    return tuple(dict.fromkeys(names))
