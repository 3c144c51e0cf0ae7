"""A small client of the registry protocol, enough for the embedded ECR.

It knows blobs and single-platform manifests. Image indexes, mounts and chunked uploads
are left out: whatever talks to it was pushed by ``sandbox.images`` or by Docker.
"""

import hashlib
import http.client
import json
from dataclasses import dataclass
from typing import Any

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_ACCEPTED = f"{MANIFEST_TYPE}, application/vnd.docker.distribution.manifest.v2+json"
_TIMEOUT_SECONDS = 60


class RegistryError(Exception):
    """The registry refused, or is not there; the message names the image."""


@dataclass(frozen=True)
class Reference:
    """``host:port/name:tag`` or ``host:port/name@sha256:…`` taken apart."""

    host: str
    name: str
    version: str

    @classmethod
    def parse(cls, image: str) -> "Reference":
        """Take ``image`` apart; without a registry host it is an error."""
        host, slash, rest = image.partition("/")
        if not slash or not (":" in host or "." in host or host == "localhost"):
            raise RegistryError(
                f"{image}: the process engine pulls from the sandbox's own registry only "
                "(127.0.0.1:<port>/<name>); a public image needs a Docker engine"
            )
        if "@" in rest:
            name, _, version = rest.partition("@")
            return cls(host, name.partition(":")[0], version)
        name, _, tag = rest.partition(":")
        return cls(host, name, tag or "latest")


def digest_of(content: bytes) -> str:
    """The address of ``content`` in a registry."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push_blob(host: str, name: str, content: bytes) -> str:
    """Store a blob unless the registry has it; returns its digest."""
    digest = digest_of(content)
    status, _, _ = _call(host, "HEAD", f"/v2/{name}/blobs/{digest}")
    if status == 200:
        return digest
    status, headers, body = _call(host, "POST", f"/v2/{name}/blobs/uploads/", b"")
    if status == 202:
        place = headers["location"]
        joint = "&" if "?" in place else "?"
        status, _, body = _call(host, "PUT", f"{place}{joint}digest={digest}", content)
    if status != 201:
        raise RegistryError(f"{host}/{name}: upload refused ({status}): {_reason(body)}")
    return digest


def push_manifest(host: str, name: str, tag: str, manifest: bytes) -> str:
    """Store a manifest under ``tag``; returns its digest."""
    status, _, body = _call(
        host, "PUT", f"/v2/{name}/manifests/{tag}", manifest, {"Content-Type": MANIFEST_TYPE}
    )
    if status != 201:
        raise RegistryError(f"{host}/{name}:{tag}: refused ({status}): {_reason(body)}")
    return digest_of(manifest)


def manifest_digest(reference: Reference) -> str:
    """The digest that ``reference`` stands for right now."""
    return digest_of(_manifest(reference))


def pull(reference: Reference) -> tuple[str, dict[str, Any], list[bytes]]:
    """Fetch an image: manifest digest, configuration, layers (gzipped tars, base first)."""
    raw = _manifest(reference)
    manifest = json.loads(raw)
    config = json.loads(_blob(reference, manifest["config"]["digest"]))
    layers = [_blob(reference, layer["digest"]) for layer in manifest["layers"]]
    return digest_of(raw), config, layers


def _manifest(reference: Reference) -> bytes:
    path = f"/v2/{reference.name}/manifests/{reference.version}"
    status, _, body = _call(reference.host, "GET", path, headers={"Accept": _ACCEPTED})
    if status != 200:
        raise RegistryError(
            f"{reference.host}/{reference.name}:{reference.version}: not found "
            f"({status}): {_reason(body)}"
        )
    return body


def _blob(reference: Reference, digest: str) -> bytes:
    status, _, body = _call(reference.host, "GET", f"/v2/{reference.name}/blobs/{digest}")
    if status != 200 or digest_of(body) != digest:
        raise RegistryError(f"{reference.host}/{reference.name}: blob {digest} is not there")
    return body


def _call(
    host: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(host, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RegistryError(f"the registry {host} does not answer: {error}") from error
    finally:
        connection.close()


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["errors"][0]["message"])
    except (ValueError, LookupError, TypeError):
        return body[:200].decode(errors="replace")
