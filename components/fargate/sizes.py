"""The task sizes that Fargate sells, and the nearest one to what was asked for.

Source: Amazon ECS developer guide, "Amazon ECS task definition parameters for Fargate",
section "Task size" (Linux containers).
"""

from collections.abc import Sequence

from ..errors import invalid

_GIB = 1024


def _gib(first: int, last: int, step: int = 1) -> tuple[int, ...]:
    return tuple(range(first * _GIB, last * _GIB + 1, step * _GIB))


SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: _gib(1, 4),
    1024: _gib(2, 8),
    2048: _gib(4, 16),
    4096: _gib(8, 30),
    8192: _gib(16, 60, 4),
    16384: _gib(32, 120, 8),
}
"""CPU units (1024 are one vCPU) and the memory in MiB that each goes with."""


def nearest_sizes(cpu: int, memory: int) -> list[tuple[int, int]]:
    """The pairs to offer: enough of both at the least, and the nearest for each CPU beside it."""
    roomy = next(
        (
            (units, size)
            for units, sizes in SIZES.items()
            for size in sizes
            if units >= cpu and size >= memory
        ),
        None,
    )
    units = min(SIZES, key=lambda valid: abs(valid - cpu))
    near = (units, min(SIZES[units], key=lambda valid: abs(valid - memory)))
    return sorted({pair for pair in (roomy, near) if pair is not None})


def check_size(component: str, cpu: int, memory: int) -> None:
    """Refuse a pair that Fargate does not sell, naming the nearest ones that it does."""
    if memory in SIZES.get(cpu, ()):
        return
    nearest = " or ".join(
        f"cpu={units} memory={size}" for units, size in nearest_sizes(cpu, memory)
    )
    if cpu not in SIZES:
        raise invalid(
            component,
            "app.cpu",
            cpu,
            f"{_listed(list(SIZES))} CPU units on Fargate",
            f"Nearest: {nearest}.",
        )
    raise invalid(
        component,
        "app.memory",
        memory,
        f"with cpu={cpu}, {_listed(SIZES[cpu])} MiB on Fargate",
        f"Nearest: {nearest}.",
    )


def _listed(values: Sequence[int]) -> str:
    if len(values) <= 8:
        return ", ".join(map(str, values))
    return f"{values[0]} to {values[-1]} in steps of {values[1] - values[0]}"
