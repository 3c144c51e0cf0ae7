"""All objects of a kind, kept up to date by a watch: what Kubernetes calls an informer."""

import logging
import threading
from collections.abc import Callable

from . import client

Notice = Callable[[client.Manifest, bool], None]
"""Called with an object and whether it is gone; always from the informer's own thread."""

WATCH_SECONDS = 300
"""How long one watch request lives; the API server ends longer ones by itself."""
RETRY_SECONDS = 0.5
_log = logging.getLogger("sandbox.kubernetes")


class Informer:
    """Tells ``notice`` of every object that exists, then of every change."""

    def __init__(self, api: client.Api, api_version: str, kind: str, notice: Notice) -> None:
        self._api, self._version, self._kind, self._notice = api, api_version, kind, notice
        self._known: dict[str, client.Manifest] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._run, daemon=True, name=f"sandbox-watch-{kind.lower()}"
        )

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """No notice after this one; closing the ``Api`` ends the request under way."""
        self._over.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        since = ""
        while not self._over.is_set():
            try:
                since = self._follow(since or self._list())
            except client.Refused:  # too old to go on from there
                since = ""
                self._over.wait(RETRY_SECONDS)
            except client.Unreachable:
                self._over.wait(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - a watch goes on whatever happens
                _log.exception("the watch of %s starts again", self._kind)
                since = ""
                self._over.wait(RETRY_SECONDS)

    def _list(self) -> str:
        path = self._api.resource(self._version, self._kind).path()
        answer = self._api.request("GET", path)
        found = {item["metadata"]["uid"]: item for item in answer["items"] or []}
        for uid in [uid for uid in self._known if uid not in found]:
            self._tell(self._known[uid], gone=True)
        for item in found.values():
            self._tell(item, gone=False)
        return str(answer["metadata"]["resourceVersion"])

    def _follow(self, since: str) -> str:
        for event in self._api.watch(self._version, self._kind, since=since, seconds=WATCH_SECONDS):
            if self._over.is_set():
                break
            self._tell(event.object, gone=event.type == "DELETED")
            since = str(event.object["metadata"]["resourceVersion"])
        return since

    def _tell(self, item: client.Manifest, *, gone: bool) -> None:
        uid = item["metadata"]["uid"]
        if gone:
            self._known.pop(uid, None)
        else:
            self._known[uid] = item
        try:
            self._notice(item, gone)
        except Exception:  # noqa: BLE001 - one odd object must not end the watch of all others
            _log.exception("%s %s", self._kind, item["metadata"].get("name"))
