"""An object of a JSON document that knows where it stands and what of it was read."""

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

T = TypeVar("T")
_PLAIN = re.compile(r"^[A-Za-z_][\w-]*$")
_NAMES: dict[type, str] = {
    str: "text",
    int: "an integer",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


class Refused(ValueError):  # noqa: N818 - says what it is
    """The document says something that the sandbox, or AWS, does not serve."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


class Node:
    """Reads members one by one; ``done`` refuses what nobody has read."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise Refused(path, f"is {json.dumps(value)}; an object is needed.")
        self.path = path
        self._unread: dict[str, Any] = dict(value)

    def at(self, key: str) -> str:
        """The path of a member."""
        return f"{self.path}.{key}" if _PLAIN.match(key) else f"{self.path}[{json.dumps(key)}]"

    def __contains__(self, key: str) -> bool:
        return key in self._unread

    def take(self, key: str, kind: type[T]) -> T | None:
        """A member of this type, or None where there is none."""
        value = self._unread.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Refused(self.at(key), f"is {json.dumps(value)}; {_NAMES[kind]} is needed.")
        return value

    def need(self, key: str, kind: type[T]) -> T:
        """A member that must be there."""
        value = self.take(key, kind)
        if value is None:
            raise Refused(self.at(key), "is missing.")
        return value

    def strings(self, key: str) -> list[str]:
        """A list of texts, empty where there is none."""
        given: list[Any] = self.take(key, list) or []
        for index, item in enumerate(given):
            if not isinstance(item, str):
                raise Refused(f"{self.at(key)}[{index}]", f"is {json.dumps(item)}; text is needed.")
        return given

    def texts(self, key: str) -> dict[str, str]:
        """An object of texts, empty where there is none."""
        node = self.node(key)
        return {name: node.need(name, str) for name in node.names()}

    def names(self) -> list[str]:
        """The members that are left."""
        return list(self._unread)

    def node(self, key: str) -> "Node":
        """An object, empty where there is none."""
        return Node(self.take(key, dict) or {}, self.at(key))

    def nodes(self) -> Iterator[tuple[str, "Node"]]:
        """Every member that is left, each an object."""
        for key in self.names():
            yield key, Node(self._unread.pop(key), self.at(key))

    def items(self, key: str) -> Iterator["Node"]:
        """The objects of a list."""
        for index, item in enumerate(self.take(key, list) or []):
            yield Node(item, f"{self.at(key)}[{index}]")

    def done(self, *ignored: str) -> None:
        """Refuse what is left, besides members that have no effect on AWS either."""
        for key in self._unread:
            if key not in ignored:
                raise Refused(self.at(key), "the sandbox cannot honour this. Leave it out.")


def load(what: str, text: str) -> Node:
    """The root of the document in ``text``, called ``what`` in errors."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refused(what, f"is not JSON: {error}") from None
    return Node(value, what)
