"""The mock's HTTP side, a process of its own: ``python -m sandbox.kubernetes.mock.server FOLDER``.

kmock answers discovery; its other verbs are those of a test double, so ``store`` stands
in front of them. Ends when its standard input does, that is with whoever started it.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonpatch
import kmock
import yaml
from aiohttp import web

from . import ADDRESS, TOKEN_VARIABLE, VERSION, fields
from .kinds import Kind, Object, Refusal, Target
from .selectors import selector
from .store import Store

LARGEST_BYTES = 3 * 1024 * 1024
"""Of a request's body, as an API server allows."""
WATCH_SECONDS = 1800.0
"""Of a watch that names no time-out."""
_MEASURED = "metrics.k8s.io"
"""In kmock's list of kinds because the cluster that it was made from had metrics; this has none."""
_NAMESPACE_PARTS = ("status", "finalize")


class Server:
    """One API server in memory."""

    def __init__(self, api: kmock.KubernetesEmulator, token: str) -> None:
        self._api = api
        self._token = token
        api.resources.load_bundled()
        _one_version_each(api.resources)
        major, minor = VERSION[1:].split(".")[:2]
        api["get /version"] << {"major": major, "minor": minor, "gitVersion": VERSION}  # pyright: ignore[reportUnusedExpression]
        self._store = Store(api)
        self._store.changed = self._wake
        self._news = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any request."""
        try:
            if request.headers.get("Authorization") != f"Bearer {self._token}":
                raise Refusal(401, "Unauthorized", "Unauthorized")
            if request.path in ("/healthz", "/livez", "/readyz"):
                return web.Response(text="ok")
            target = self._target(request.path)
            if target is None:
                return await self._api(request)
            return await self._serve(request, target)
        except Refusal as refusal:
            return _status(refusal.code, refusal.reason, str(refusal))

    async def _serve(self, request: web.Request, target: Target) -> web.StreamResponse:
        if target.subresource not in (None, "status"):
            raise Refusal(
                404,
                "NotFound",
                f"the sandbox's mock has no {target.subresource} of {target.kind.plural}: nothing "
                "runs behind it. `make kubernetes` builds a real control plane",
            )
        if request.method == "GET":
            return await self._get(request, target)
        if request.method == "DELETE":
            return self._delete(request, target)
        # Between here and the answer nothing waits, so each request sees the whole of the last.
        body, query = await request.read(), request.query
        manager = query.get("fieldManager") or request.headers.get("User-Agent", "").split("/")[0]
        manager, dry = manager or "unknown", query.get("dryRun") == "All"
        if request.method == "PATCH" and target.name:
            return self._patch(request, target, body, manager, dry)
        document = _read(body)
        if request.method == "POST" and not target.name:
            return web.json_response(
                self._store.create(target, document, manager, dry=dry), status=201
            )
        if request.method == "PUT" and target.name:
            return web.json_response(self._store.replace(target, document, manager, dry=dry))
        raise Refusal(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )

    def _patch(
        self, request: web.Request, target: Target, body: bytes, manager: str, dry: bool
    ) -> web.Response:
        document = _read(body)
        change: Callable[[Object], Any]
        match request.content_type:
            case "application/apply-patch+yaml":
                force = request.query.get("force", "").lower() == "true"
                result, new = self._store.apply(target, document, manager, force=force, dry=dry)
                return web.json_response(result, status=201 if new else 200)
            case "application/merge-patch+json":
                change = lambda live: fields.merged(live, document)  # noqa: E731
            case "application/json-patch+json":
                change = lambda live: _json_patched(live, document)  # noqa: E731
            case other:
                raise Refusal(
                    415,
                    "UnsupportedMediaType",
                    f"the sandbox's mock takes no {other}; it takes apply-patch, merge-patch and "
                    "json-patch",
                )
        return web.json_response(self._store.patch(target, change, manager, dry=dry))

    async def _get(self, request: web.Request, target: Target) -> web.StreamResponse:
        if request.query.get("watch", "").lower() in ("true", "1", "t"):
            return await self._watch(request, target)
        if target.name:
            return web.json_response(self._store.read(target))
        chosen = selector(request.query)
        items = [item for item in self._store.list(target) if chosen(item)]
        for item in items:  # a list's items do not repeat what the list says
            del item["apiVersion"], item["kind"]
        return web.json_response(
            {
                "apiVersion": target.kind.api_version,
                "kind": f"{target.kind.info.kind}List",
                "metadata": {"resourceVersion": self._store.version},
                "items": items,
            }
        )

    def _delete(self, request: web.Request, target: Target) -> web.Response:
        dry = request.query.get("dryRun") == "All"
        if target.name:
            left = self._store.delete(target, dry=dry)
            if "deletionTimestamp" in left["metadata"]:
                return web.json_response(left)
        else:
            chosen = selector(request.query)
            for item in filter(chosen, self._store.list(target)):
                metadata = item["metadata"]
                self._store.delete(
                    Target(target.kind, metadata.get("namespace"), metadata["name"]), dry=dry
                )
        return web.json_response({"apiVersion": "v1", "kind": "Status", "status": "Success"})

    async def _watch(self, request: web.Request, target: Target) -> web.StreamResponse:
        chosen = selector(request.query)
        since = request.query.get("resourceVersion", "")
        seen = int(since) if since.isdigit() and since != "0" else int(self._store.version)
        start = self._store.list(target) if not since.isdigit() or since == "0" else []
        self._store.since(seen)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for item in filter(chosen, start):
            await _send(response, "ADDED", item)
        loop = asyncio.get_running_loop()
        end = loop.time() + float(request.query.get("timeoutSeconds") or WATCH_SECONDS)
        while (left := end - loop.time()) > 0:
            news = self._news
            try:
                changes = list(self._store.since(seen))
            except Refusal as refusal:
                await _send(
                    response, "ERROR", _document(refusal.code, refusal.reason, str(refusal))
                )
                break
            for change in changes:
                seen = change.version
                metadata = change.object["metadata"]
                if (
                    change.resource == target.kind.resource
                    and target.namespace in (None, metadata.get("namespace"))
                    and chosen(change.object)
                ):
                    await _send(response, change.type, change.object)
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                break
        await response.write_eof()
        return response

    def _wake(self) -> None:
        """Every watch that waits on the old event goes on; later ones wait on the new one."""
        self._news.set()
        self._news = asyncio.Event()

    def _target(self, path: str) -> Target | None:
        """What the path addresses; None if that is no object (discovery, for instance)."""
        match path.strip("/").split("/"):
            case ["api", version, *rest] if rest:
                group = ""
            case ["apis", group, version, *rest] if rest:
                pass
            case _:
                return None
        namespace = None
        # /namespaces/NAME is the namespace itself, /namespaces/NAME/pods is in it.
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in _NAMESPACE_PARTS:
            namespace, rest = rest[1], rest[2:]
        plural, name, subresource = (*rest, None, None)[:3]
        resource = kmock.resource(group, version, plural)
        if resource not in self._api.resources:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        kind = Kind(resource, self._api.resources[resource])
        if name and kind.info.namespaced and namespace is None:
            raise Refusal(
                400, "BadRequest", f"{kind.plural} live in a namespace; the path has none"
            )
        return Target(kind, namespace, name, subresource)


def _one_version_each(resources: kmock.ResourcesArray) -> None:
    """Serve the best version of each group only: kmock would prefer one of them at random."""

    def rank(version: str) -> tuple[bool, int]:
        return (
            "beta" not in version and "alpha" not in version,
            int(re.findall(r"\d+", version)[0]),
        )

    best: dict[str, str] = {}
    served = [kmock.resource(item) for item in resources]
    for item in served:
        group, version = str(item.group), str(item.version)
        best[group] = max(best.get(group, version), version, key=rank)
    for item in served:
        if item.group == _MEASURED or item.version != best[str(item.group)]:
            del resources[item]


def _read(body: bytes) -> Any:
    try:
        return yaml.safe_load(body)  # JSON is YAML, and an apply may be either
    except yaml.YAMLError as error:
        raise Refusal(400, "BadRequest", f"the body is no JSON or YAML: {error}") from None


def _json_patched(live: Object, patch: Any) -> Any:
    try:
        return jsonpatch.apply_patch(live, patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
        raise Refusal(422, "Invalid", f"the JSON patch does not apply: {error}") from None


async def _send(response: web.StreamResponse, type: str, item: Object) -> None:
    await response.write(json.dumps({"type": type, "object": item}).encode() + b"\n")


def _document(code: int, reason: str, message: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def _status(code: int, reason: str, message: str) -> web.Response:
    return web.json_response(_document(code, reason, message), status=code)


async def serve(folder: Path, token: str) -> None:
    """Listen on a free port of loopback until standard input ends."""
    async with kmock.KubernetesEmulator() as api:
        app = web.Application(client_max_size=LARGEST_BYTES)
        app.router.add_route("*", "/{path:.*}", Server(api, token).handle)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        part = folder / f"{ADDRESS}.part"
        part.write_text(json.dumps({"port": port}))
        part.replace(folder / ADDRESS)
        await asyncio.to_thread(sys.stdin.buffer.read)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), os.environ.pop(TOKEN_VARIABLE)))
