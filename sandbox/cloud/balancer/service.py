"""The balancer itself: a thread with an event loop that makes the plan true."""

import asyncio
import contextlib
import functools
import json
import socket
import threading
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from . import certificates, health, plan
from .frontend import Frontend
from .listener import Listener
from .request_head import head_of
from .routing import Answer, Forward, Matcher, Redirect, Rule, failure
from .sockets import bind, bind_soon, new_loop
from .targets import DRAINING, UNREGISTERED, Group, Health, Target
from .told import Nobody, Told

FIRST_PORT = 8080
"""Load balancers prefer ports from here upwards, in the order they are created."""
SWEEP_SECONDS = 0.5


class Balancer:
    """All load balancers of the cloud. Public methods may be called from any thread."""

    def __init__(self, state: Path, match: Matcher, response_headers: Mapping[str, str]) -> None:
        """Serve from ``state``; ``match`` decides rule conditions as the emulator does.

        ``response_headers`` maps listener attributes to the header that each one sets.
        """
        self.match = match
        self.told: Told = Nobody()
        self._state = state
        self._header_attributes = response_headers
        self._reserved: dict[str, int] = {}
        """Load balancer -> its own port, in the order of creation."""
        self._held: dict[int, socket.socket] = {}
        """Ports kept free for a listener that is still to come."""
        self._listeners: dict[str, Listener] = {}
        self._groups: dict[str, Group] = {}
        self._watchers: dict[Target, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()
        self._loop = new_loop()
        threading.Thread(target=self._run, daemon=True, name="sandbox-balancer").start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(lambda: self.spawn(self._sweep()))
        self._loop.run_forever()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` in the loop, from the loop."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def reserve(self, load_balancer: str) -> int:
        """The loopback port of a new load balancer; it listens once a listener exists."""
        with self._lock:
            self._reserved[load_balancer] = port = self._hold_next()
        return port

    def sync(self) -> None:
        """Read the plan and make it true; returns when it is."""
        with self._lock:
            work = self._apply(plan.read())
            asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def health(self, group: str, ip: str, port: int) -> Health:
        """The state of one target."""
        found = self._groups.get(group)
        target = found.targets.get((ip, port)) if found is not None else None
        if target is not None:
            return target.health
        if found is not None and any((t.ip, t.port) == (ip, port) for t in found.draining):
            return DRAINING
        return UNREGISTERED

    def states(self, group: str) -> list[str]:
        """The states of a group's registered targets."""
        found = self._groups.get(group)
        return [t.health.state for t in list(found.targets.values())] if found is not None else []

    def draining(self, group: str) -> list[tuple[str, int]]:
        """Targets of ``group`` that are deregistered and still busy."""
        found = self._groups.get(group)
        return [(t.ip, t.port) for t in found.draining] if found is not None else []

    def wait_drained(self, group: str, ip: str, port: int) -> None:
        """Block until a deregistered target has nothing in flight or its delay is over."""
        found = self._groups.get(group)
        for target in list(found.draining) if found is not None else ():
            if (target.ip, target.port) == (ip, port) and target.draining_until is not None:
                target.drained.wait(max(0.0, target.draining_until - time.monotonic()))

    async def _apply(self, wanted: plan.Plan) -> None:
        self._apply_groups(wanted)
        known = {item.arn for item in wanted.listeners}
        for arn in [arn for arn in self._listeners if arn not in known]:
            closed = self._listeners.pop(arn)
            closed.close()
            self._held[closed.port] = await bind_soon(closed.port)
        for arn in [arn for arn in self._reserved if arn not in wanted.load_balancers]:
            del self._reserved[arn]
        for item in wanted.listeners:
            if item.arn not in self._listeners:
                self._listeners[item.arn] = Listener(self, self._port_for(item, wanted))
        self._let_go()
        for item in wanted.listeners:
            await self._configure(self._listeners[item.arn], item, wanted)
        self._publish(wanted)

    def _port_for(self, item: plan.ListenerPlan, wanted: plan.Plan) -> int:
        """The load balancer's own port for its port-80 listener, or its first plain one."""
        siblings = [x for x in wanted.listeners if x.load_balancer == item.load_balancer]
        plain = [x for x in siblings if x.protocol == "HTTP"]
        own = self._reserved.get(item.load_balancer)
        taken = {listener.port for listener in self._listeners.values()}
        if (
            own is not None
            and own not in taken
            and (item.port == 80 or (not any(x.port == 80 for x in plain) and item in plain[:1]))
        ):
            return own
        return self._hold_next()

    def _hold_next(self) -> int:
        """Bind the first free port from FIRST_PORT."""
        mine = {*self._held, *self._reserved.values(), *(x.port for x in self._listeners.values())}
        for port in range(FIRST_PORT, FIRST_PORT + 1000):
            if port in mine:
                continue
            with contextlib.suppress(OSError):
                self._held[port] = bind(port)
                return port
        raise OSError("no free port on 127.0.0.1")

    def _let_go(self) -> None:
        """Free the ports that nobody will listen on any more."""
        wanted = {*self._reserved.values(), *(x.port for x in self._listeners.values())}
        for port in [port for port in self._held if port not in wanted]:
            self._held.pop(port).close()

    async def _configure(
        self, listener: Listener, item: plan.ListenerPlan, wanted: plan.Plan
    ) -> None:
        siblings = {
            x.port: self._listeners[x.arn].port
            for x in wanted.listeners
            if x.load_balancer == item.load_balancer
        }
        rules = [
            Rule(tuple(rule["Conditions"]), self._action(rule["Actions"], item, siblings))
            for rule in item.rules
        ]
        listener.load_balancer = item.load_balancer
        listener.rules = rules[:-1]
        listener.default = rules[-1].action if rules else failure(503)
        listener.request_head = functools.partial(
            head_of,
            protocol=item.protocol.lower().encode(),
            port=item.port,
            xff_mode=item.load_balancer_attributes.get(
                "routing.http.xff_header_processing.mode", "append"
            ),
            keep_host=item.load_balancer_attributes.get("routing.http.preserve_host_header.enabled")
            == "true",
        )
        listener.idle_timeout = float(
            item.load_balancer_attributes.get("idle_timeout.timeout_seconds", 60)
        )
        listener.response_headers = b"".join(
            f"\r\n{self._header_attributes[key]}: {value}".encode("latin-1", "replace")
            for key, value in item.attributes.items()
            if key in self._header_attributes and value
        )
        if listener.server is None or listener.domains != item.domains:
            await self._listen(listener, item)

    async def _listen(self, listener: Listener, item: plan.ListenerPlan) -> None:
        context = None
        if item.protocol in ("HTTPS", "TLS"):
            context = await asyncio.to_thread(
                certificates.server_context, item.domains, self._state / "tmp"
            )
        if listener.server is not None:  # another certificate: same port, new server
            listener.server.close()
        sock = self._held.pop(listener.port, None) or await bind_soon(listener.port)
        listener.domains = item.domains
        listener.server = await self._loop.create_server(
            lambda: Frontend(listener), sock=sock, ssl=context, backlog=1024
        )

    def _action(
        self,
        actions: list[Mapping[str, Any]],
        item: plan.ListenerPlan,
        siblings: Mapping[int, int],
    ) -> Forward | Redirect | Answer:
        ordered = sorted(actions, key=lambda action: int(action.get("Order", 1) or 1))
        action = ordered[0] if ordered else {}
        kind = str(action.get("Type", "")).lower()
        if kind == "forward":
            pairs = [
                (self._groups[arn], weight)
                for arn, weight in plan.forwarded_groups(action)
                if arn in self._groups
            ]
            return Forward(tuple(pairs)) if pairs else failure(503)
        if kind == "redirect":
            return Redirect(action["RedirectConfig"], item.protocol, item.port, siblings)
        if kind == "fixed-response":
            fixed = action["FixedResponseConfig"]
            content = (("Content-Type", fixed.get("ContentType", "text/plain")),)
            text = str(fixed.get("MessageBody", ""))
            return Answer(int(fixed["StatusCode"]), content, text.encode())
        return failure(501)

    def _apply_groups(self, wanted: plan.Plan) -> None:
        gone = set(self._groups) - {item.settings.arn for item in wanted.groups}
        for arn in gone:
            self._retire(self._groups[arn], set())
            del self._groups[arn]
        for item in wanted.groups:
            group = self._groups.setdefault(item.settings.arn, Group(item.settings))
            changed = group.settings != item.settings
            group.settings = item.settings
            self._retire(group, set(item.targets))
            for place in item.targets:
                if place not in group.targets:
                    group.targets[place] = Target(*place)
                    self._watch(group, group.targets[place])
                elif changed:
                    self._watch(group, group.targets[place])
            group.refresh()

    def _retire(self, group: Group, keep: set[tuple[str, int]]) -> None:
        for place in [place for place in group.targets if place not in keep]:
            target = group.targets.pop(place)
            if (task := self._watchers.pop(target, None)) is not None:
                task.cancel()
            target.drain(group.settings.deregistration_delay)
            group.draining.append(target)
        group.forget_drained()

    def _watch(self, group: Group, target: Target) -> None:
        if (task := self._watchers.pop(target, None)) is not None:
            task.cancel()
        work = health.watch(group.settings, target, group.refresh)
        self._watchers[target] = self._loop.create_task(work)

    async def _sweep(self) -> None:
        """Now and then: time out what hangs, forget what is drained, close idle clients."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for group in self._groups.values():
                group.forget_drained()
            for listener in self._listeners.values():
                for exchange in list(listener.active):
                    if now - exchange.since > listener.idle_timeout:
                        exchange.timed_out()
                for client in list(listener.clients):
                    idle = client.current is None and now - client.idle_since
                    if idle and idle > listener.idle_timeout and client.transport is not None:
                        client.transport.close()

    def _publish(self, wanted: plan.Plan) -> None:
        """Tell the outside which listener is where."""
        document = {
            item.arn: {
                "address": f"127.0.0.1:{self._listeners[item.arn].port}",
                "url": f"{item.protocol.lower()}://127.0.0.1:{self._listeners[item.arn].port}/",
                "protocol": item.protocol,
                "port": item.port,
                "loadBalancerArn": item.load_balancer,
            }
            for item in wanted.listeners
        }
        path = self._state / "listeners.json"
        part = path.with_suffix(".part")
        with contextlib.suppress(OSError):
            part.write_text(json.dumps(document, indent=2))
            part.replace(path)
