"""The program finds its own directory and leaves the process as it was."""

import os
import sys
from pathlib import Path

import pytest

from sandbox.deploy import DeployError

from .conftest import Project


def test_the_program_runs_in_its_directory_and_the_process_is_restored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    before = (Path.cwd(), list(sys.path), dict(os.environ))
    result = project.up(
        """
        import os, sys
        pulumi.export("cwd", os.getcwd())
        pulumi.export("path", sys.path[0])
        pulumi.export("mine", sorted({"AWS_PROFILE", "KUBECONFIG"} & os.environ.keys()))
        """
    )
    assert result.outputs["mine"] == []
    assert result.outputs["cwd"] == result.outputs["path"] == str(project.directory)
    assert (Path.cwd(), list(sys.path), dict(os.environ)) == before
    with pytest.raises(DeployError):
        project.up("1 / 0")
    assert (Path.cwd(), list(sys.path), dict(os.environ)) == before


def test_an_edited_module_is_seen_by_the_next_deploy_of_this_process(project: Project) -> None:
    project.write("import helper; Thing(helper.NAME)", helper__py="NAME = 'one'")
    assert [resource.name for resource in project.up().resources] == ["one"]
    assert "helper" not in sys.modules
    project.write("import helper; Thing(helper.NAME)", helper__py="NAME = 'three'")
    result = project.up()
    assert {resource.name: resource.op for resource in result.resources} == {
        "three": "created",
        "one": "deleted",
    }


def test_two_runs_do_not_share_configuration(project: Project) -> None:
    project.write('pulumi.export("a", pulumi.Config().get("a")); pulumi.export("b", 1)')
    assert project.up(config={"a": "x"}).outputs == {"a": "x", "b": 1}
    assert project.up().outputs == {"b": 1}
