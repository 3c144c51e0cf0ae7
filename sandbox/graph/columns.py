"""Which column a box stands in."""

from collections import defaultdict
from collections.abc import Iterable


def layers(keys: Iterable[str], arrows: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The column of each: behind all that leads to it, and close before what it leads to.

    An arrow that closes a circle is left out of account.
    """
    keys = sorted(keys)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in sorted(arrows):
        if source != target:
            after[source].append(target)
    order: list[str] = []
    state: dict[str, int] = {}
    kept: set[tuple[str, str]] = set()

    def visit(key: str) -> None:
        state[key] = 1
        for target in after[key]:
            if state.get(target) == 1:
                continue
            kept.add((key, target))
            if target not in state:
                visit(target)
        state[key] = 2
        order.append(key)

    led_to = {target for targets in after.values() for target in targets}
    for key in sorted(keys, key=lambda one: (one in led_to, one)):
        if key not in state:
            visit(key)
    found = dict.fromkeys(keys, 0)
    for key in reversed(order):
        for source, target in kept:
            if source == key:
                found[target] = max(found[target], found[key] + 1)
    for key in found.keys() - {target for _, target in kept}:
        ahead = [found[target] for source, target in kept if source == key]
        if ahead:
            found[key] = min(ahead) - 1
    return found
