"""Stack configuration reaches the program as the official engine would hand it over."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from sandbox.deploy import DeployError, load_config

PROJECT = """
name: shop
runtime: python
config:
  aws:region: {value: us-east-1}
  replicas: {type: integer, default: 2, description: how many}
  debug: {type: boolean, default: false}
  zones: {type: array, items: {type: string}, default: [a, b]}
  owner: {type: string}
  token: {type: string, secret: true, default: abc}
  plain: text
"""


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def files(stack: str, project: str = PROJECT) -> Path:
        (tmp_path / "__main__.py").write_text("")
        (tmp_path / "Pulumi.yaml").write_text(dedent(project))
        (tmp_path / "Pulumi.local.yaml").write_text(dedent(stack))
        return tmp_path

    return files


def test_values_are_strings_or_json_under_the_projects_namespace(write: Write) -> None:
    program = write(
        """
        config:
          shop:owner: me
          replicas: 3
          shop:nested: {cpu: 256, on: yes}
          aws:defaultTags: {tags: {stage: local}}
        """
    )
    config = load_config(program, "local")
    assert config.values == {
        "aws:region": "us-east-1",
        "aws:defaultTags": '{"tags": {"stage": "local"}}',
        "shop:owner": "me",
        "shop:replicas": "3",
        "shop:nested": '{"cpu": 256, "true": true}',
        "shop:debug": "false",
        "shop:zones": '["a", "b"]',
        "shop:token": "abc",
        "shop:plain": "text",
    }
    assert config.secrets == {"shop:token"}
    assert (config.region, config.default_tags) == ("us-east-1", {"stage": "local"})
    assert config.main == program / "__main__.py"


def test_overrides_win_with_and_without_namespace(write: Write) -> None:
    program = write("config: {owner: me}")
    config = load_config(program, "local", overrides={"owner": "you", "shop:replicas": 5})
    assert (config.values["shop:owner"], config.values["shop:replicas"]) == ("you", "5")


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ("config: {}", "Pulumi.local.yaml: 'shop:owner' is missing"),
        (
            "config: {owner: me, replicas: many}",
            "'shop:replicas' must be of type integer, but \"many\" is given",
        ),
        ("config: {owner: me, replicas: true}", "must be of type integer, but true"),
        ("config: {owner: me, zones: [a, 1]}", r"'shop:zones\[1\]' must be of type string"),
        ("config: {owner: {secure: AAA}}", "'shop:owner' is encrypted"),
        ("config: {owner: me, deep: {a: [{secure: AAA}]}}", "'shop:deep' is encrypted"),
        ("config: [", "Pulumi.local.yaml cannot be read: "),
        ("- a", "Pulumi.local.yaml: a mapping is expected, not list"),
        ("config: 5", "Pulumi.local.yaml: 'config' must map keys to values"),
        ("environment: [dev]\nconfig: {owner: me}", "'environment' needs Pulumi ESC"),
    ],
)
def test_a_wrong_value_names_file_and_key(write: Write, stack: str, message: str) -> None:
    with pytest.raises(DeployError, match=message):
        load_config(write(stack), "local")


def test_an_unknown_stack_names_the_known_ones(write: Write) -> None:
    with pytest.raises(DeployError, match=r"no Pulumi\.lcoal\.yaml\. Stacks .*: local\."):
        load_config(write("config: {owner: me}"), "lcoal")


def test_a_project_without_any_stack_file_uses_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: tiny\nmain: src\nconfig: {a: {default: 1}}\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "__main__.py").write_text("")
    config = load_config(tmp_path, "any")
    assert config.values == {"tiny:a": "1"}
    assert config.main == tmp_path / "src" / "__main__.py"


def test_a_directory_without_a_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="there is no Pulumi program"):
        load_config(tmp_path, "local")
