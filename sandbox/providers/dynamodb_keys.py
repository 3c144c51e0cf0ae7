"""The keys of a table and of its indexes, and what DynamoDB refuses of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .base import Inputs
from .common import one_of, within

GLOBAL_LIMIT, LOCAL_LIMIT = 20, 5
"""Indexes of a table (DynamoDB developer guide, "Quotas")."""


class Attribute(Inputs):
    """A key attribute and its type."""

    name: str
    type: str


class Index(Inputs):
    """What all indexes have: a name, and which attributes are in them."""

    name: str
    projection_type: str
    non_key_attributes: list[str] = []


class LocalIndex(Index):
    """Another order of the items that share a partition key."""

    range_key: str


class GlobalIndex(Index):
    """Other keys for the same items."""

    hash_key: str
    range_key: str | None = None
    read_capacity: int | None = None
    write_capacity: int | None = None


def key_schema(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    """The keys as boto3 wants them."""
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return keys + ([{"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else [])


def definitions(attributes: Sequence[Attribute]) -> list[dict[str, str]]:
    """The attributes as boto3 wants them."""
    return [{"AttributeName": item.name, "AttributeType": item.type} for item in attributes]


def throughput(read: int | None, write: int | None) -> dict[str, int]:
    """Provisioned capacity as boto3 wants it."""
    return {"ReadCapacityUnits": read or 0, "WriteCapacityUnits": write or 0}


def check_keys(
    attributes: Sequence[Attribute],
    hash_key: str,
    range_key: str | None,
    global_indexes: Sequence[GlobalIndex],
    local_indexes: Sequence[LocalIndex],
) -> None:
    """Refuse keys without a type, types without a key, and too many indexes."""
    for item in attributes:
        one_of(f"attributes.{item.name}.type", item.type, ("S", "N", "B"))
    keys = {hash_key, range_key}
    for index in global_indexes:
        keys |= {index.hash_key, index.range_key}
    keys |= {index.range_key for index in local_indexes}
    declared, used = [item.name for item in attributes], keys - {None}
    if len(declared) != len(set(declared)) or set(declared) != used:
        raise ValueError(
            f"attributes names {', '.join(sorted(declared))}; the keys of the table and its "
            f"indexes are {', '.join(sorted(key for key in used if key))}. Each key once, nothing "
            "else."
        )
    within("the number of globalSecondaryIndexes", len(global_indexes), 0, GLOBAL_LIMIT)
    within("the number of localSecondaryIndexes", len(local_indexes), 0, LOCAL_LIMIT)
    if local_indexes and range_key is None:
        raise ValueError("localSecondaryIndexes need a table with a rangeKey.")
    indexes: list[Index] = [*global_indexes, *local_indexes]
    names = [index.name for index in indexes]
    if len(names) != len(set(names)):
        raise ValueError(f"two indexes have the same name: {', '.join(sorted(names))}.")
    for given in indexes:
        kinds = ("ALL", "INCLUDE", "KEYS_ONLY")
        one_of(f"index {given.name}: projectionType", given.projection_type, kinds)
        if (given.projection_type == "INCLUDE") != bool(given.non_key_attributes):
            raise ValueError(f"index {given.name}: INCLUDE needs nonKeyAttributes, others none.")


def index_request(
    index: GlobalIndex | LocalIndex, hash_key: str, *, provisioned: bool = False
) -> dict[str, Any]:
    """One index as boto3 wants it."""
    projection: dict[str, Any] = {"ProjectionType": index.projection_type}
    if index.non_key_attributes:
        projection["NonKeyAttributes"] = index.non_key_attributes
    request = {
        "IndexName": index.name,
        "KeySchema": key_schema(hash_key, index.range_key),
        "Projection": projection,
    }
    if isinstance(index, GlobalIndex) and provisioned:
        request["ProvisionedThroughput"] = throughput(index.read_capacity, index.write_capacity)
    return request


def index_changes(
    old: Sequence[GlobalIndex], new: Sequence[GlobalIndex], *, provisioned: bool
) -> Iterator[Mapping[str, Any]]:
    """The updates, one at a time as DynamoDB wants them; a changed index is made anew."""
    before, after = ({index.name: index for index in given} for given in (old, new))
    for name, index in before.items():
        if name not in after or _remade(index, after[name]):
            yield {"Delete": {"IndexName": name}}
    for name, index in after.items():
        if name not in before or _remade(before[name], index):
            yield {"Create": index_request(index, index.hash_key, provisioned=provisioned)}
        elif provisioned and index != before[name]:
            capacity = throughput(index.read_capacity, index.write_capacity)
            yield {"Update": {"IndexName": name, "ProvisionedThroughput": capacity}}


def _remade(old: GlobalIndex, new: GlobalIndex) -> bool:
    capacity = {"read_capacity": None, "write_capacity": None}
    return old.model_copy(update=capacity) != new.model_copy(update=capacity)
