"""What a program finds around it: directory, imports, AWS clients; restored afterwards."""

import contextlib
import functools
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

from sandbox.providers.base import Context

KEY_ID = SECRET = "test"  # noqa: S105 - the emulator's administrator, known to everybody
WHEEL = "slipway"
_PRIVATE = ("AWS_", "KUBECONFIG", "PULUMI_K8S_")
"""What these begin is the user's own: a profile, a session token, the cluster of their work."""


def connect(
    endpoint: str,
    *,
    region: str = "us-east-1",
    account: str = "123456789012",
    engine: str = "process",
) -> Context:
    """The context of an embedded cloud at ``endpoint``, with shared boto3 clients."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(KEY_ID, SECRET, region_name=region)
    config = Config(
        max_pool_connections=64,
        retries={"total_max_attempts": 2},
        read_timeout=120,
        inject_host_prefix=False,  # "data-127.0.0.1" is no host
    )
    lock = threading.Lock()

    @functools.cache
    def make(service: str) -> Any:
        # Typed clients are overloads of literal names, and any name may be asked for.
        factory: Any = session.client
        return factory(service, endpoint_url=endpoint, config=config)

    def client(service: str) -> Any:
        with lock:  # sessions are not safe to make clients from two threads
            return make(service)

    return Context(client, region, account, engine=engine, endpoint=endpoint)


def aws_environment(context: Context) -> dict[str, str]:
    """Variables that point the AWS CLI, boto3 and every other SDK at the embedded cloud."""
    return {
        "AWS_ENDPOINT_URL": context.endpoint,
        "AWS_REGION": context.region,
        "AWS_DEFAULT_REGION": context.region,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }


@contextlib.contextmanager
def surroundings(directory: Path, context: Context) -> Generator[None]:
    """Run a program of this directory: its hooks' boto3 reaches the embedded cloud only.

    Modules of the project that the program imports are dropped afterwards, so that the
    next run in this process sees edited files.
    """
    cwd, path, environment = Path.cwd(), list(sys.path), dict(os.environ)
    known = set(sys.modules)
    for name in [name for name in environment if name.startswith(_PRIVATE)]:
        del os.environ[name]
    os.environ.update(aws_environment(context))
    os.chdir(directory)
    sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    _offer_library(directory)
    _forget_default_session()
    try:
        yield
    finally:
        os.chdir(cwd)
        sys.path[:] = path
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        _forget_default_session()
        own = __name__.partition(".")[0]
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None)
            if file and name.partition(".")[0] != own and _of_project(Path(file), directory):
                del sys.modules[name]


def _offer_library(directory: Path) -> None:
    """Programs of other projects import the wheel by its name; where it is not installed, this
    repository's library answers to it."""
    if not (directory / "components").exists() and importlib.util.find_spec(WHEEL) is None:
        sys.modules[WHEEL] = importlib.import_module("components")


def _of_project(file: Path, directory: Path) -> bool:
    return file.is_relative_to(directory) and not file.is_relative_to(sys.prefix)


def _forget_default_session() -> None:
    # boto3.client() goes through a session that keeps the credentials it saw first.
    if "boto3" in sys.modules:
        vars(sys.modules["boto3"])["DEFAULT_SESSION"] = None
