"""The outputs of a component: what its class declares in public."""

from typing import Any

import pulumi


def declared(component: pulumi.ComponentResource, of: type) -> dict[str, Any]:
    """The values of the public annotations of ``of``, for ``register_outputs``.

    Args:
        component: with each of them set.
        of: the class that declares them; a subclass of somebody else's declares none.
    """
    return {key: getattr(component, key) for key in of.__annotations__ if not key.startswith("_")}
