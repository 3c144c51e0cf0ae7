"""A release in steps, with calls going on: a good version takes over, a bad one gives all back."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.deploy import connect
from tests.sandbox.conftest import Finished, Sandbox, environment_of

pytestmark = pytest.mark.sandbox

PROJECT = """
name: canary
runtime: python
config:
  canary:architecture: {type: string, default: x86_64}
  canary:runtime: {type: string, default: python3.13}
"""
PROGRAM = """
import pulumi
from slipway import MultiTriggerFunction

config = pulumi.Config()
made = MultiTriggerFunction("bird", {
    "code": "bird",
    "runtime": config.require("runtime"),
    "architecture": config.require("architecture"),
    "release": {"canary_steps": [50], "bake_seconds": 4},
})
pulumi.export("alias_arn", made.alias_arn)
pulumi.export("version", made.version)
"""


class Bird:
    """The deployed function, and the ways to change and call it."""

    def __init__(self, sandbox: Sandbox, project: Path) -> None:
        self.sandbox, self.project = sandbox, project
        self.client: Callable[[str], Any]
        self.alias = ""

    def release(self, body: str) -> Finished:
        """Deploy a handler with this body."""
        text = f"def handler(event, context):\n    {body}\n"
        (self.project / "bird" / "handler.py").write_text(text)
        up = ("up", "--json", "--no-verify", "--program", str(self.project))
        done = self.sandbox.run(*up)
        if done.code == 0:
            self.client = connect(done.document["cloud"]["endpoint"]).client
            self.alias = done.document["outputs"]["alias_arn"]
        return done

    def call(self) -> Any:
        answer = self.client("lambda").invoke(FunctionName=self.alias)
        return json.loads(answer["Payload"].read())

    def shares(self) -> tuple[str, Any]:
        found = self.client("lambda").get_alias(FunctionName=self.alias, Name="live")
        weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return found["FunctionVersion"], weights

    @contextmanager
    def called_all_the_time(self) -> Iterator[list[Any]]:
        """What callers get meanwhile."""
        answers: list[Any] = []
        done = threading.Event()

        def work() -> None:
            while not done.wait(0.05):
                answers.append(self.call())

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield answers
        finally:
            done.set()
            thread.join()


@pytest.fixture(scope="module")
def bird(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bird]:
    folder = tmp_path_factory.mktemp("canary")
    project = folder / "project"
    (project / "bird").mkdir(parents=True)
    (project / "__main__.py").write_text(PROGRAM)
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    environment = {**environment_of("process"), "SLIPWAY_CACHE": str(folder / "cache")}
    sandbox = Sandbox(folder / "state", environment)
    one = Bird(sandbox, project)
    try:
        done = one.release("return 'first'")
        assert done.code == 0, done.text
        yield one
    finally:
        sandbox.run("down")
    assert sandbox.processes() == []
    shutil.rmtree(project)


def test_a_bad_version_is_met_by_some_and_then_by_nobody(bird: Bird) -> None:
    assert bird.shares() == ("1", {})
    with bird.called_all_the_time() as answers:
        done = bird.release("raise ValueError('no song')")
    assert done.code != 0
    assert "MultiTriggerFunction 'bird': version 2 failed" in done.text
    assert "with 50 % of the calls of 'live'; version 1 has all calls again." in done.text
    assert '"errorMessage": "no song", "errorType": "ValueError"' in done.text
    assert bird.shares() == ("1", {})
    assert "first" in answers
    assert any(isinstance(answer, dict) for answer in answers)
    assert {bird.call() for _ in range(20)} == {"first"}


def test_a_good_version_takes_over_in_the_end(bird: Bird) -> None:
    with bird.called_all_the_time() as answers:
        done = bird.release("return 'second'")
    assert done.code == 0, done.text
    assert set(answers) == {"first", "second"}
    version, weights = bird.shares()
    assert (version, weights) == (done.document["outputs"]["version"], {})
    assert {bird.call() for _ in range(20)} == {"second"}
