"""Which Kubernetes is used, and what is said when the wanted one cannot be."""

import json
import socket
from pathlib import Path

import pytest

from sandbox.cloud.errors import CloudError
from sandbox.kubernetes import build, choice

from .test_client import Server, config, server  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    monkeypatch.delenv(choice.KUBECONFIG, raising=False)
    monkeypatch.setattr(build, "binaries", lambda: Path("/built"))


@pytest.fixture
def not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "binaries", lambda: None)


def test_a_built_control_plane_is_used() -> None:
    chosen = choice.choose()
    assert chosen.kind == "built"
    assert f"a real control plane {build.kubernetes_version()}" in chosen.note


@pytest.mark.usefixtures("not_built")
def test_without_one_there_is_a_mock_and_it_is_said_what_it_does_not_do() -> None:
    chosen = choice.choose()
    assert chosen.kind == "mock"
    assert "because `make kubernetes` was not run" in chosen.note
    assert "scheduled" in chosen.note


def test_the_environment_asks_for_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, "mock")
    monkeypatch.setenv(choice.KUBECONFIG, "/ignored")
    assert choice.choose().kind == "mock"


@pytest.mark.usefixtures("not_built")
def test_built_is_refused_where_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, "built")
    with pytest.raises(CloudError, match=r"not built\. Run `make kubernetes`.*SANDBOX_KUBERNETES"):
        choice.choose()


def test_an_unknown_kind_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, "minikube")
    with pytest.raises(CloudError, match=r"'minikube'.*Allowed: auto, built, mock"):
        choice.choose()


def test_the_users_cluster_comes_first(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    server: Server,  # noqa: F811 - the fixture
) -> None:
    (tmp_path / "config").write_text(json.dumps(config(server.url)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(choice.KUBECONFIG, "config")
    server.answers += [(200, '{"gitVersion": "v1.33.1"}')] * 2
    chosen = choice.choose()
    assert (chosen.kind, chosen.kubeconfig) == ("external", tmp_path / "config")
    assert "'kind-here'" in chosen.note
    assert "v1.33.1" in chosen.note


def test_a_missing_kubeconfig_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(choice.KUBECONFIG, str(tmp_path / "gone"))
    with pytest.raises(CloudError, match="gone cannot be read: No such file or directory"):
        choice.choose()


def test_a_malformed_kubeconfig_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a: [")
    monkeypatch.setenv(choice.KUBECONFIG, str(tmp_path / "config"))
    with pytest.raises(CloudError, match=r"config leads to no cluster.*not YAML.*unset"):
        choice.choose()


def test_a_kubeconfig_that_points_nowhere_says_how_long_it_was_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(choice, "PROBE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        (tmp_path / "config").write_text(json.dumps(config(url)))
        monkeypatch.setenv(choice.KUBECONFIG, str(tmp_path / "config"))
        with pytest.raises(CloudError, match=rf"{url} .*gave no answer within 0\.3 s"):
            choice.choose()
