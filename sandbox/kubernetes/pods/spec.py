"""What a pod's specification asks of the engine: ports, environment, words, and what cannot be."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Lookup = Callable[[str, str], Mapping[str, Any] | None]
"""Kind (``Secret`` or ``ConfigMap``) and name in the pod's namespace -> the object, or None."""

_REFERENCE = re.compile(r"\$(?:\$|\(([^()\s]+)\))")
_QUANTITY = re.compile(r"^([0-9.]+(?:[eE][+-]?[0-9]+)?)(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$")
_FACTORS = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip


class ConfigError(Exception):
    """A container cannot be made yet (``CreateContainerConfigError``), in the kubelet's words."""


def unrunnable(pod: Mapping[str, Any], registry: str) -> str | None:
    """Why nobody here can run the pod as it is written; None if the engine can.

    ``registry`` is the embedded registry's ``host:port``.
    """
    spec = pod["spec"]
    for container in spec["containers"]:
        if not container["image"].startswith(f"{registry}/"):
            return f'image "{container["image"]}" is not of the sandbox\'s own registry, {registry}'
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            if "grpc" in (container.get(kind) or {}):
                return f"the {kind} of container {container['name']} speaks gRPC"
        if "postStart" in (container.get("lifecycle") or {}):
            return f"container {container['name']} has a postStart hook"
        if any("resourceFieldRef" in (item.get("valueFrom") or {}) for item in _env(container)):
            return f"container {container['name']} takes its environment from resourceFieldRef"
    if spec.get("initContainers"):
        return "it has init containers"
    for volume in spec.get("volumes") or []:
        # Admission adds the API server's token to most pods; an app that needs it is not ours.
        if "emptyDir" not in volume and not volume["name"].startswith("kube-api-access-"):
            kind = next((key for key in volume if key != "name"), "no source")
            return f"it mounts the volume {volume['name']} ({kind})"
    return None


def named_ports(container: Mapping[str, Any]) -> dict[str, int]:
    """Port name -> number."""
    return {
        port["name"]: int(port["containerPort"])
        for port in container.get("ports") or []
        if port.get("name")
    }


def ports(container: Mapping[str, Any]) -> list[int]:
    """Every TCP port that something may connect to, the first declared one first.

    ``containerPort`` is only information in Kubernetes: a probe's number counts as well.
    """
    found = [
        int(port["containerPort"])
        for port in container.get("ports") or []
        if port.get("protocol", "TCP") == "TCP"
    ]
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        handlers = (container.get(kind) or {}).values()
        found += [
            handler["port"]
            for handler in handlers
            if isinstance(handler, Mapping) and isinstance(handler.get("port"), int)
        ]
    return list(dict.fromkeys(found))


def environment(
    container: Mapping[str, Any], pod: Mapping[str, Any], lookup: Lookup
) -> dict[str, str]:
    """The variables that the container asks for; ConfigError names a Secret that is missing."""
    result: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        prefix = source.get("prefix") or ""
        for kind in ("ConfigMap", "Secret"):
            reference = source.get(f"{kind[0].lower()}{kind[1:]}Ref")
            if reference:
                data = _data(kind, reference, pod, lookup) or {}
                result.update({prefix + key: value for key, value in data.items()})
    for item in _env(container):
        if "valueFrom" not in item:
            result[item["name"]] = expand(item.get("value") or "", result)
        elif (value := _value(item["valueFrom"], pod, lookup)) is not None:
            result[item["name"]] = value
    return result


def words(given: Sequence[str] | None, environment: Mapping[str, str]) -> list[str] | None:
    """``command`` or ``args`` with their ``$(NAME)`` replaced."""
    return [expand(word, environment) for word in given] if given else None


def expand(text: str, environment: Mapping[str, str]) -> str:
    """``$(NAME)`` by its value; unknown names stay as they are, ``$$`` is a dollar sign."""

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return "$"
        return environment.get(match[1], match[0])

    return _REFERENCE.sub(put, text)


def quantity(text: str | int | float) -> float:
    """``500m`` -> 0.5, ``128Mi`` -> 134217728."""
    found = _QUANTITY.match(str(text))
    if found is None:
        raise ValueError(f"{text!r} is not a quantity of Kubernetes")
    return float(found[1]) * _FACTORS.get(found[2] or "", 1)


def _env(container: Mapping[str, Any]) -> list[dict[str, Any]]:
    return container.get("env") or []


def _value(source: Mapping[str, Any], pod: Mapping[str, Any], lookup: Lookup) -> str | None:
    """The value of one ``valueFrom``; None where an optional reference leads nowhere."""
    for kind in ("Secret", "ConfigMap"):
        reference = source.get("secretKeyRef" if kind == "Secret" else "configMapKeyRef")
        if reference is None:
            continue
        data = _data(kind, reference, pod, lookup)
        key = reference["key"]
        if data is not None and key in data:
            return data[key]
        if reference.get("optional"):
            return None
        place = f"{pod['metadata']['namespace']}/{reference['name']}"
        raise ConfigError(f"couldn't find key {key} in {kind} {place}")
    return _field(source["fieldRef"]["fieldPath"], pod)


def _data(
    kind: str, reference: Mapping[str, Any], pod: Mapping[str, Any], lookup: Lookup
) -> dict[str, str] | None:
    found = lookup(kind, reference["name"])
    if found is None:
        if reference.get("optional"):
            return None
        raise ConfigError(f'{kind.lower()} "{reference["name"]}" not found')
    data = dict(found.get("data") or {})
    if kind == "ConfigMap":
        return data
    try:
        return {key: base64.b64decode(value or "").decode() for key, value in data.items()}
    except (UnicodeDecodeError, binascii.Error):
        place = f"{pod['metadata']['namespace']}/{reference['name']}"
        raise ConfigError(f"a value of Secret {place} is not text") from None


def _field(path: str, pod: Mapping[str, Any]) -> str:
    metadata, status = pod["metadata"], pod.get("status") or {}
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str((metadata.get(found[1]) or {}).get(found[2], ""))
    known: dict[str, object] = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": pod["spec"].get("nodeName"),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName"),
        "status.podIP": status.get("podIP"),
        "status.podIPs": status.get("podIP"),
        "status.hostIP": status.get("hostIP"),
        "status.hostIPs": status.get("hostIP"),
    }
    return str(known.get(path) or "")
