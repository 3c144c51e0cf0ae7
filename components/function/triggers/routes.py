"""How routes are written: methods and paths, and which of them would take the same requests.

Both kinds of API write them alike; which characters a part of a path may have is the kind's own.
"""

import re
from collections.abc import Sequence

from ...checks import one_of
from ...errors import invalid

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ANY = "ANY"
_PARAMETER = re.compile(r"\{([A-Za-z0-9._-]+)\+?\}")


def checked_method(who: str, field: str, given: object) -> str:
    """The method in capitals; ``ANY`` where none is given.

    Raises:
        ValueError: there is no such method.
    """
    if given is None:
        return ANY
    return one_of(who, field, given.upper() if isinstance(given, str) else given, (ANY, *METHODS))


def checked_path(who: str, field: str, path: str, text: re.Pattern[str]) -> Sequence[str]:
    """The names of the path's parameters, in order.

    Args:
        who: class and name of the component.
        field: where the path stands, such as ``triggers.rest_api.routes[0].path``.
        path: ``/orders/{id}``, or with ``{rest+}`` at the end for all that follows.
        text: what a part may be that is no parameter.

    Raises:
        ValueError: the path is malformed.
    """
    if not path.startswith("/"):
        raise invalid(who, field, path, "paths that begin with /", f"Did you mean '/{path}'?")
    if path.endswith("/") and path != "/":
        hint = f"Did you mean {path.rstrip('/') or '/'!r}?"
        raise invalid(who, field, path, "paths without a slash at the end", hint)
    parts, names = parts_of(path), list[str]()
    for part in parts:
        parameter = _PARAMETER.fullmatch(part)
        if parameter:
            names.append(parameter[1])
        elif not text.fullmatch(part):
            allowed = "parts of text or a whole {name}, and {name+} at the end"
            raise invalid(who, field, path, allowed, f"{part!r} is neither.")
    for part in parts[:-1]:
        if part.endswith("+}"):
            hint = f"{part!r} takes all that follows: put it last."
            raise invalid(who, field, path, "one {name+}, at the end", hint)
    if len(set(names)) < len(names):
        raise invalid(who, field, path, "each name once", "Name the parameters differently.")
    return names


def parts_of(path: str) -> list[str]:
    """What stands between the slashes; nothing for the root."""
    return path.split("/")[1:] if path != "/" else []


def signature(path: str) -> str:
    """Equal for paths that take the same requests: names of parameters do not tell them apart."""
    return _PARAMETER.sub(lambda found: "{+}" if found[0].endswith("+}") else "{}", path)


def check_distinct(who: str, where: str, routes: Sequence[tuple[str, str]]) -> None:
    """Refuse two routes that take the same requests; ``ANY`` beside a method is none, since the
    method goes first.

    Args:
        who: class and name of the component.
        where: where the routes stand, such as ``triggers.rest_api.routes``.
        routes: method and path of each, in the caller's order.

    Raises:
        ValueError: names both.
    """
    found: dict[tuple[str, str], int] = {}
    for number, (method, path) in enumerate(routes):
        first = found.setdefault((method, signature(path)), number)
        if first != number:
            raise invalid(
                who,
                f"{where}[{number}]",
                f"{method} {path}",
                "each route once",
                f"{' '.join(routes[first])!r} of {where}[{first}] takes the same requests: "
                "remove one.",
            )
