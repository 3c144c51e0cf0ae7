"""Reads a folder of manifests, and finds every mistake in it before anything is registered.

One object a file, listed in ``kustomization.yaml``, so that ``kubectl apply -k`` and the component
read the same. Left out: the rest of kustomize (patches, generators, bases); what one would write
with it is what a WebApp says.
"""

import copy
from collections.abc import Generator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..checks import listed
from ..errors import nearest
from ..web_app import ResolvedScaling
from . import quantities

KUSTOMIZATION = "kustomization.yaml"
KUSTOMIZATION_KEYS = ("apiVersion", "kind", "metadata", "namespace", "resources", "images")
KINDS = {
    "Namespace": "v1",
    "ServiceAccount": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Service": "v1",
}
"""What an app consists of, one of each, with the API version that every cluster here has."""
OPTIONAL = ("NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler")
"""What an app can do without; the autoscaler only while ``app.scaling`` is off."""


@dataclass(frozen=True)
class Manifest:
    """One object as it stands in its file."""

    path: Path
    object: Mapping[str, Any]

    def copy(self) -> dict[str, Any]:
        """An object to change."""
        return copy.deepcopy(dict(self.object))


class ManifestError(Exception):
    """A mistake in a file."""

    def __init__(self, path: Path, what: str, next_step: str, line: int | None = None) -> None:
        super().__init__(what)
        self.path, self.what, self.next_step, self.line = path, what, next_step, line

    def told(self, who: str) -> str:
        """The message of the component ``who``."""
        place = f"{self.path}, line {self.line}" if self.line else str(self.path)
        return f"{who}: manifests: {place}: {self.what}. {self.next_step}"


def read(who: str, folder: str) -> dict[str, Manifest]:
    """The manifests that ``folder`` lists, by kind.

    Raises:
        ValueError: a file is missing, no YAML or no single object, or its kind is unknown; names
            file, line where there is one, and the next step.
    """
    try:
        return _collect(Path(folder))
    except ManifestError as error:
        raise ValueError(error.told(who)) from None


def check(
    who: str, folder: str, found: Mapping[str, Manifest], scaling: ResolvedScaling | None
) -> None:
    """Refuse what the API server would accept, or find out late: what contradicts itself.

    Args:
        who: the component, for messages.
        folder: where the manifests are.
        found: the manifests by kind.
        scaling: how the app scales; None where the autoscaler is left out.

    Raises:
        ValueError: an object is missing (the autoscaler, while the app scales), a container
            requests more than its limit or too little to scale by, or bounds are reversed.
    """
    try:
        _check_complete(Path(folder), found, scaling is not None)
        with shaped(who):
            _check_containers(found["Deployment"])
            if scaling is not None:
                unused = {"memory"} if scaling.memory_percent is None else set[str]()
                _check_scaler(found["HorizontalPodAutoscaler"], found["Deployment"], unused)
    except ManifestError as error:
        raise ValueError(error.told(who)) from None


@contextmanager
def shaped(who: str) -> Generator[None, None, None]:
    """Says what an object of the wrong shape means, where no schema has said it better."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{who}: manifests: an object has not the shape that its kind has "
            f"({type(error).__name__}: {error}). Next step: pip install 'slipway[kubernetes]', "
            "which tells the file and the place in it."
        ) from error


def containers(deployment: Mapping[str, Any]) -> list[Any]:
    """The containers of a Deployment; the first one is the app's."""
    return list(deployment["spec"]["template"]["spec"]["containers"])


def _collect(folder: Path) -> dict[str, Manifest]:
    listing = folder / KUSTOMIZATION
    kustomization = _load(listing, "Give a folder with a kustomization.yaml: a copy of k8s/.")
    for key in kustomization:
        if key not in KUSTOMIZATION_KEYS:
            raise ManifestError(
                listing,
                f"{key!r} is more of kustomize than EksWebApp reads",
                f"It reads {', '.join(KUSTOMIZATION_KEYS)}: write the manifests out instead.",
            )
    names = kustomization.get("resources")
    if not isinstance(names, list) or not names:
        raise ManifestError(listing, "resources is empty", "List the manifests there.")
    found: dict[str, Manifest] = {}
    for name in names:
        path = folder / str(name)
        manifest = Manifest(path, _load(path, f"Add it, or take it out of {KUSTOMIZATION}."))
        kind = _checked_kind(manifest)
        if kind in found:
            raise ManifestError(
                path,
                f"a second {kind}, beside {found[kind].path.name}",
                f"An app has one {kind}: merge the two, or make a second EksWebApp.",
            )
        found[kind] = manifest
    return found


def _load(path: Path, when_missing: str) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ManifestError(path, f"cannot be read ({reason})", when_missing) from None
    try:
        documents = _parse(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ManifestError(
            path,
            f"this is not YAML: {getattr(error, 'problem', None) or error}",
            "Correct the line, or look at the one above it for what it continues.",
            None if mark is None else mark.line + 1,
        ) from None
    if len(documents) != 1 or not isinstance(documents[0], Mapping):
        raise ManifestError(
            path,
            f"{len(documents)} documents where one object is expected"
            if len(documents) != 1
            else "no object, since it has no keys",
            "Write one object a file.",
        )
    return documents[0]


@cache
def _parse(text: str) -> Sequence[Any]:
    # Many components read the same files; nobody changes what is returned here.
    return list(yaml.safe_load_all(text))


def _checked_kind(manifest: Manifest) -> str:
    kind, version = manifest.object.get("kind"), manifest.object.get("apiVersion")
    if not isinstance(kind, str) or kind not in KINDS:
        close = nearest(str(kind), KINDS)
        raise ManifestError(
            manifest.path,
            f"unknown kind {kind!r}",
            (f"Did you mean {close!r}? " if close else "")
            + f"EksWebApp knows {listed(KINDS)}; make other objects beside it, with its "
            "kubernetes_provider.",
        )
    if version != KINDS[kind]:
        raise ManifestError(
            manifest.path, f"apiVersion {version!r} of a {kind}", f"Write {KINDS[kind]!r}."
        )
    metadata = manifest.object.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        raise ManifestError(manifest.path, "metadata.name is missing", "Name the object.")
    return kind


def _check_complete(folder: Path, found: Mapping[str, Manifest], scaling: bool) -> None:
    for kind in KINDS:
        if kind in found or (kind in OPTIONAL and not (scaling and kind.startswith("Horizontal"))):
            continue
        why = "app.scaling is on" if kind in OPTIONAL else "an app cannot do without it"
        raise ManifestError(
            folder / KUSTOMIZATION,
            f"lists no {kind}, and {why}",
            "Add one; Slipway's k8s/ has an example.",
        )


def _check_containers(deployment: Manifest) -> None:
    found = containers(deployment.object)
    if not found:
        raise ManifestError(
            deployment.path,
            "spec.template.spec.containers is empty",
            "Write one: the first container is the app's.",
        )
    for item in found:
        resources = item.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for field, values in (("requests", requests), ("limits", limits)):
            for key, value in values.items():
                if quantities.parse(value) is None:
                    raise ManifestError(
                        deployment.path,
                        f"container {item['name']!r}: {field}.{key} is {value!r}",
                        "Write a quantity such as '250m' or '64Mi'.",
                    )
        for key in requests.keys() & limits.keys():
            if (quantities.parse(requests[key]) or 0) > (quantities.parse(limits[key]) or 0):
                raise ManifestError(
                    deployment.path,
                    f"container {item['name']!r} requests {key} {requests[key]}, above its limit "
                    f"of {limits[key]}",
                    "Lower the request or raise the limit: the API server refuses such a pod.",
                )


def _check_scaler(scaler: Manifest, deployment: Manifest, unused: Set[str]) -> None:
    spec = scaler.object.get("spec") or {}
    lowest, highest = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if isinstance(lowest, int) and isinstance(highest, int) and lowest > highest:
        raise ManifestError(
            scaler.path,
            f"minReplicas {lowest} is above maxReplicas {highest}",
            "Lower the one or raise the other.",
        )
    for metric in spec.get("metrics") or ():
        resource = metric.get("resource") or {}
        key = resource.get("name")
        if (resource.get("target") or {}).get("type") != "Utilization" or key in unused:
            continue
        for item in containers(deployment.object):
            if key not in ((item.get("resources") or {}).get("requests") or {}):
                raise ManifestError(
                    deployment.path,
                    f"container {item['name']!r} requests no {key}, of which {scaler.path.name} "
                    "wants a percentage",
                    f"Set resources.requests.{key}: without it the autoscaler does nothing.",
                )
