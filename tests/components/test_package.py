"""The package as a whole: what it offers, to Python and to other languages."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

import components

COMPONENTS = [
    value
    for name in components.__all__
    if isinstance(value := getattr(components, name), type)
    and issubclass(value, pulumi.ComponentResource)
]


def test_what_is_public_is_there_once_and_sorted() -> None:
    assert components.__all__ == sorted(set(components.__all__))
    for name in components.__all__:
        assert hasattr(components, name), name


def test_type_checkers_and_programs_find_the_same_names_in_the_same_places() -> None:
    tree = ast.parse(Path(components.__file__).read_text())
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == components._MODULES
    assert sorted(seen) == components.__all__ == dir(components)


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="module 'components' has no attribute 'Netwrok'"):
        getattr(components, "Netwrok")  # noqa: B009 - a typo that no checker shall see


def test_the_linter_does_not_wait_for_pulumi() -> None:
    code = "import sys, components.asl; print('pulumi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_package_is_typed() -> None:
    assert Path(components.__file__).with_name("py.typed").exists()


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda cls: cls.__name__)
def test_the_schema_describes_every_field(component: Any) -> None:
    result = Analyzer("slipway").analyze([component])
    definition = result["component_definitions"][component.__name__]
    assert definition.description
    assert definition.inputs
    assert definition.outputs
    described: dict[str, Any] = {
        f"{component.__name__}.{name}": field
        for fields in (definition.inputs, definition.outputs)
        for name, field in fields.items()
    }
    for type_name, shape in result["type_definitions"].items():
        assert shape.description, type_name
        described |= {f"{type_name}.{name}": field for name, field in shape.properties.items()}
    assert [name for name, field in described.items() if not field.description] == []


def test_the_whole_package_has_one_schema_in_which_no_name_is_used_twice() -> None:
    result = Analyzer("slipway").analyze(COMPONENTS)
    assert {"Network", "ContainerImage"} <= result["component_definitions"].keys()
    assert {"Placement", "WebApp", "Statement"} <= result["type_definitions"].keys()


@pytest.mark.parametrize(
    ("component", "plain"),
    [
        ("Network", {"cidr", "zones", "zoneCount", "nat"}),
        ("ContainerImage", {"context", "architecture", "buildArgs", "keepReleases"}),
    ],
)
def test_what_decides_which_resources_exist_is_plain(component: str, plain: set[str]) -> None:
    cls = getattr(components, component)
    inputs = Analyzer("slipway").analyze([cls])["component_definitions"][component].inputs
    assert {name for name in plain if inputs[name].plain} == plain


def test_testing_stays_out_of_programs() -> None:
    # Programs must not need pytest.
    code = (
        "import sys, components; sys.exit(any(m in sys.modules for m in ('pytest', 'hypothesis')))"
    )
    root = Path(components.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert done.returncode == 0


def test_importing_the_library_loads_no_aws_service() -> None:
    # The generated SDK of a service costs up to half a second; it loads with the first resource.
    code = (
        "import sys, components\n"
        "loaded = [m for m in sys.modules if m.startswith('pulumi_aws.') and m.count('.') > 1]\n"
        "sys.exit(str(loaded) if any('.ec2.' in m or '.lb.' in m or '.ecs.' in m or '.iam.' in m"
        " for m in loaded) else 0)"
    )
    root = Path(components.__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
