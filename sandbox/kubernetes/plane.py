"""A real control plane: etcd, API server, controllers, scheduler and KWOK's kubelets.

Its programs are children of this process. Its data is in ``folder`` and is thrown away
by ``stop`` as well as by the next start: a control plane lives as long as its cluster.
"""

import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..cloud.errors import CloudError
from . import credentials, flags, kwok, metrics
from .children import Child, free_ports
from .client import Api, connect

START_SECONDS = 120
"""For each program to be ready: 3 s on an idle machine, much more on a crowded one."""
ATTEMPTS = 3
"""Between choosing a free port and listening on it, somebody else may take it."""
TAKEN = "address already in use"
"""What every one of the programs says when its port is taken."""
_DATA = ("etcd", "pki", "kubeconfigs")


@dataclass
class ControlPlane:
    """A running control plane."""

    name: str
    endpoint: str
    """``https://127.0.0.1:PORT``"""
    ca: bytes
    """The authority that signed the API server's certificate, PEM."""
    kubeconfig: dict[str, Any]
    """The administrator's, with a client certificate; its context is called ``name``."""
    version: str
    """``v1.34.4``; empty until it is ready."""
    folder: Path
    """Its data, and ``logs/<program>.log``."""
    _binaries: Path
    _files: flags.Files
    _ports: flags.Ports
    _children: dict[str, Child] = field(default_factory=dict[str, Child])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def api(self) -> Api:
        """A client of its own for the administrator."""
        return connect(self.kubeconfig)

    def ended(self) -> str | None:
        """Which of its programs has ended, and its last words; None while all run."""
        children = list(self._children.values())
        return next((said for child in children if (said := child.ended())), None)

    def log(self, program: str = "kube-apiserver") -> Path:
        """The log of one of its programs."""
        return self.folder / "logs" / f"{program}.log"

    def metrics(self, *, on: bool) -> None:
        """Start or end the metrics API (metrics.k8s.io); idempotent, returns once it answers."""
        with self._lock:
            if on == ("metrics-server" in self._children):
                return
            api = self.api()
            try:
                if on:
                    self._run("metrics-server", flags.metrics_server(self._files, self._ports))
                    self._await("metrics-server", self._ports.metrics, "livez")
                    metrics.register(api, port=self._ports.metrics, ca=self.ca)
                else:
                    metrics.unregister(api)
                    self._kill("metrics-server")
            except BaseException:
                self._kill("metrics-server")
                raise
            finally:
                api.close()

    def stop(self) -> None:
        """Kill every program and remove the data; the logs stay."""
        with self._lock:
            self._kill(*self._children)
        for name in _DATA:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _launch(self, webhook: Path | None) -> None:
        """Start every program and wait until all are ready."""
        files, ports = self._files, self._ports
        self._run("etcd", flags.etcd(files, ports))
        # It asks for etcd again and again until it answers, so both can start at once.
        self._run("kube-apiserver", flags.api_server(files, ports, webhook))
        self._await("kube-apiserver", ports.api, "readyz")
        self._run("kube-controller-manager", flags.controller_manager(files, ports))
        self._run("kube-scheduler", flags.scheduler(files, ports))
        self._run("kwok", flags.kwok(files, ports, kwok.write(self.folder / "kwok.yaml")))
        self._await("kube-controller-manager", ports.controllers)
        self._await("kube-scheduler", ports.scheduler)
        self._await("kwok", ports.nodes)
        api = self.api()
        self.version = str(api.version()["gitVersion"])
        # The controllers make it last, and without it no pod is admitted.
        deadline = time.monotonic() + START_SECONDS
        while api.get("v1", "ServiceAccount", "default", "default") is None:
            if (said := self.ended()) or time.monotonic() > deadline:
                raise CloudError(f"The control plane did not start: {said or 'no controllers'}")
            time.sleep(0.05)
        api.close()

    def _run(self, program: str, arguments: list[str]) -> None:
        command = [str(self._binaries / program), *arguments]
        self._children[program] = Child(program, command, log=self.log(program), folder=self.folder)

    def _await(self, program: str, port: int, path: str = "healthz") -> None:
        url = f"https://127.0.0.1:{port}/{path}"
        others = list(self._children.values())
        self._children[program].wait_ready(url, seconds=START_SECONDS, others=others)

    def _kill(self, *programs: str) -> None:
        children = [self._children.pop(name) for name in programs if name in self._children]
        for child in children:
            child.kill()
        for child in children:
            child.reap()


def start(
    folder: Path, *, name: str, binaries: Path, token_webhook: str | None = None
) -> ControlPlane:
    """Start a control plane that keeps its files in ``folder``, and wait until it is ready.

    Args:
        folder: for its data and logs; what an earlier one left there is removed.
        name: the cluster's name, in its kubeconfig.
        binaries: where its programs are (``build.binaries()``).
        token_webhook: URL that is asked whose a bearer token is (TokenReview v1); without it
            only client certificates and service accounts are known.

    Raises CloudError with the last lines of whatever did not start.
    """
    folder = folder.resolve()
    for attempt in range(1, ATTEMPTS + 1):
        for part in (*_DATA, "logs"):
            shutil.rmtree(folder / part, ignore_errors=True)
        (folder / "logs").mkdir(parents=True)
        ports = flags.Ports(*free_ports(7))
        files, kubeconfig = credentials.make(folder, name, ports)
        plane = ControlPlane(
            name=name,
            endpoint=f"https://127.0.0.1:{ports.api}",
            ca=files.ca.pem,
            kubeconfig=kubeconfig,
            version="",
            folder=folder,
            _binaries=binaries,
            _files=files,
            _ports=ports,
        )
        try:
            plane._launch(credentials.webhook(files, token_webhook) if token_webhook else None)
        except CloudError as error:
            plane.stop()
            if TAKEN in str(error) and attempt < ATTEMPTS:
                continue
            raise
        except BaseException:
            plane.stop()
            raise
        return plane
    raise AssertionError("the last attempt returns or raises")
