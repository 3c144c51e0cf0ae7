"""Evaluating a program of N services in memory, with components and bare.

With components: one `Network` and N `FargateWebService`, each with its own load balancer, or N
`EksWebApp`, each with its own cluster. Bare: the very same resources, with the inputs that the
components gave them, made from the generated classes of Pulumi's packages. Both import the same
Pulumi packages and get the same answers from Pulumi's own mock monitor. The bare inputs are plain
values, not outputs of other resources, which makes the baseline cheaper than any program one would
write by hand.

This module also is the process that is measured: `python -m benchmarks.evaluation VARIANT
RECORDING`. Only the standard library is imported before the clock starts.
"""

import asyncio
import importlib
import itertools
import json
import re
import sys
import tempfile
import time
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Say, fresh, in_turns, peak_memory_mib, summarize

COMPONENTS = "components"
BARE = "bare"
IMAGE = "registry.example.com/web@sha256:" + "0" * 64
COUNTS = (1, 10, 50)
ROUNDS = 5
LAYOUTS = {
    "FargateWebService": "one Network and N FargateWebService, each with its own load balancer",
    "EksWebApp": "one Network and N EksWebApp, each with its own cluster",
}
"""What is evaluated, by the component that there are N of."""


def measure(
    say: Say, *, quick: bool = False, component: str = "FargateWebService"
) -> dict[str, Any]:
    """Cost of both variants for each number of services, and how it grows."""
    counts = COUNTS[:2] if quick else COUNTS
    with tempfile.TemporaryDirectory(prefix="bench-evaluation-") as folder:
        recordings = {count: Path(folder) / f"{count}.json" for count in counts}
        for count, path in recordings.items():
            say(f"evaluation: recording {count} {component}")
            fresh("benchmarks.evaluation", "record", str(path), str(count), component)

        def one(key: tuple[int, str]) -> dict[str, float]:
            say(f"evaluation: {key[0]} {component}, {key[1]}")
            return dict(fresh("benchmarks.evaluation", key[1], str(recordings[key[0]])))

        keys = [(count, variant) for count in counts for variant in (COMPONENTS, BARE)]
        results = in_turns(keys, 2 if quick else ROUNDS, one)
        packages = json.loads(recordings[counts[0]].read_text())
    return {
        "layout": LAYOUTS[component],
        "packages": packages["packages"],
        "packages_without_a_resource": packages["idle_packages"],
        **report(results),
    }


def report(results: Mapping[tuple[int, str], Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """Rows for each number of services and variant, their ratios, and the growth."""
    rows = [
        {
            "services": count,
            "variant": variant,
            "resources": int(runs[0]["resources"]),
            **{
                key: vars(summarize([run[key] for run in runs]))
                for key in ("wall_s", "cpu_s", "import_cpu_s", "register_cpu_s", "rss_mib")
            },
            "per_resource_ms": round(
                summarize([run["register_cpu_s"] for run in runs]).median
                / runs[0]["resources"]
                * 1000,
                3,
            ),
        }
        for (count, variant), runs in results.items()
    ]
    return {"rows": rows, "ratios": _ratios(rows), "growth": _growth(rows)}


def _ratios(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Components over bare, for each number of services."""
    by_key = {(row["services"], row["variant"]): row for row in rows}
    return [
        {
            "services": count,
            **{
                f"{key}_{kind}": round(
                    by_key[count, COMPONENTS][key][kind] / by_key[count, BARE][key][kind], 3
                )
                for key in ("cpu_s", "wall_s", "rss_mib")
                for kind in ("median", "minimum")
            },
        }
        for count in sorted({row["services"] for row in rows})
    ]


def _growth(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """CPU that each further resource costs, between one number of services and the next.

    The same everywhere means linear.
    """
    growth = []
    for variant in (COMPONENTS, BARE):
        mine = sorted(
            (row for row in rows if row["variant"] == variant), key=lambda row: row["services"]
        )
        for before, after in itertools.pairwise(mine):
            cpu = after["register_cpu_s"]["minimum"] - before["register_cpu_s"]["minimum"]
            more = after["resources"] - before["resources"]
            growth.append(
                {
                    "variant": variant,
                    "from_services": before["services"],
                    "to_services": after["services"],
                    "ms_per_further_resource": round(cpu / more * 1000, 3),
                }
            )
    return growth


# -- what the measured process does ------------------------------------------------------


def program(services: int, component: str) -> None:
    """The program with components; importing them is part of what is measured."""
    import components

    network = components.Network("shop", {"zones": ["us-east-1a", "us-east-1b"]})
    for number in range(1, services + 1):
        getattr(components, component)(
            f"service-{number}", {"app": {"image": IMAGE}, "network": network.placement}
        )


def bare(resources: Sequence[Mapping[str, Any]]) -> None:
    """The same resources, without components of ours."""
    for item in resources:
        if "module" in item:
            make = getattr(importlib.import_module(item["module"]), item["class"])
            make(item["name"], **item["arguments"])


def record(services: int, component: str) -> dict[str, Any]:
    """What `program` registers, in a form from which both variants can be evaluated."""
    from components.testing import deploy

    resources = deploy(lambda: program(services, component), project="test", stack="test").resources
    loaded = loaded_packages()
    described = [_described(resource) for resource in resources]
    used = {item["module"] for item in described if "module" in item}
    parents = {name.partition(".")[0] for name in used}
    return {
        "services": services,
        "component": component,
        "packages": loaded,
        "idle_packages": [name for name in loaded if name not in used | parents],
        "resources": described,
    }


def loaded_packages() -> list[str]:
    """The Pulumi packages, such as `pulumi_aws.ecs`, whose code has run in this process."""
    return sorted(
        name
        for name, module in sys.modules.items()
        if name.startswith("pulumi_")
        and name.count(".") <= 1
        and type(module) is types.ModuleType  # else it waits for its first use
        and "__path__" in vars(module)
    )


def _described(resource: Any) -> dict[str, Any]:
    described = {
        "type": resource.type,
        "name": resource.name,
        "custom": resource.custom,
        "id": resource.id,
        "outputs": dict(resource.outputs),
    }
    if not resource.type.startswith("slipway:"):  # eks.Cluster is a component too, not of ours
        cls = _class_of(resource.type)
        spelling = {
            getattr(member.fget, "_pulumi_name", attribute): attribute
            for attribute, member in vars(cls).items()
            if isinstance(member, property)
        }
        described["module"] = cls.__module__.rpartition(".")[0]
        described["class"] = cls.__name__
        described["arguments"] = {
            spelling.get(key) or snake_case(key): _plain(resource.type, value)
            for key, value in resource.inputs.items()
        }
    return described


def _plain(type: str, value: Any) -> Any:
    """A provider's settings travel as JSON, and its class would write it once more."""
    encoded = type.startswith("pulumi:providers:") and value in ("true", "false")
    return json.loads(value) if encoded else value


def snake_case(name: str) -> str:
    """An argument's name in Python, where no output of the class has the same name."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _class_of(token: str) -> type:
    import pulumi

    waiting: list[type] = [pulumi.Resource]
    while waiting:
        cls = waiting.pop()
        if getattr(cls, "pulumi_type", None) == token:
            return cls
        waiting += cls.__subclasses__()
    raise LookupError(f"no loaded class registers {token}")


def evaluate(variant: str, recording: Mapping[str, Any]) -> dict[str, float]:
    """Import the Pulumi packages, evaluate one variant, and say what that cost."""
    started = (time.perf_counter(), time.process_time())
    for name in recording["packages"]:
        # Touching an attribute loads what the generated SDK would load lazily.
        getattr(importlib.import_module(name), "__all__", None)
    if variant == COMPONENTS:
        importlib.import_module("components")
    imported = time.process_time()
    seen = registrations(variant, recording)
    ended = (time.perf_counter(), time.process_time())
    return {
        "wall_s": ended[0] - started[0],
        "cpu_s": ended[1] - started[1],
        "import_cpu_s": imported - started[1],
        "register_cpu_s": ended[1] - imported,
        "rss_mib": peak_memory_mib(),
        "resources": sum(1 for _, _, custom, _ in seen if custom),
    }


Registration = tuple[str, str, bool, dict[str, Any]]
"""Type, name, whether it is a resource of AWS (else a component), and inputs."""


def registrations(variant: str, recording: Mapping[str, Any]) -> list[Registration]:
    """What one variant registers, evaluated under Pulumi's mock monitor."""
    if variant == COMPONENTS:
        return asyncio.run(
            _register(lambda: program(recording["services"], recording["component"]), recording)
        )
    return asyncio.run(_register(lambda: bare(recording["resources"]), recording))


async def _register(build: Callable[[], None], recording: Mapping[str, Any]) -> list[Registration]:
    from pulumi.runtime import mocks, rpc, settings
    from pulumi.runtime.stack import run_in_stack

    answers = {(item["type"], item["name"]): item for item in recording["resources"]}
    seen: list[Registration] = []

    class Recorded(mocks.Mocks):
        """Answers as recorded."""

        def call(self, _: mocks.MockCallArgs) -> tuple[dict[str, Any], Any]:
            known = {"region": "us-east-1", "name": "us-east-1", "id": "us-east-1"}
            return {**known, "partition": "aws", "dnsSuffix": "amazonaws.com"}, []

        def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            # A plain value stands for a secret as it does for any output.
            inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items()}
            seen.append((args.typ, args.name, bool(args.custom), inputs))
            item = answers[args.typ, args.name]
            return item["id"], item["outputs"]

    # Names follow project and stack: those with which the program was recorded.
    mocks.set_mocks(Recorded(), project="test", stack="test", preview=False)
    # set_mocks makes a root stack, and run_in_stack wants to make its own.
    settings.set_root_resource(None)  # type: ignore[arg-type]  # the SDK resets it so as well
    await run_in_stack(build)
    return seen


def main(variant: str, path: str, services: str = "", component: str = "") -> None:
    """Record into a file, or evaluate what a file says and print the cost."""
    if variant == "record":
        Path(path).write_text(json.dumps(record(int(services), component)))
        print("{}")
    else:
        print(json.dumps(evaluate(variant, json.loads(Path(path).read_text()))))


if __name__ == "__main__":
    main(*sys.argv[1:])
