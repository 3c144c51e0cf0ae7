"""Private addresses for the tasks of the process engine, taken from their subnets."""

import ipaddress
import threading
from typing import Any

from ministack.services import ec2

_RESERVED = 4
"""The first addresses of a subnet belong to AWS, and so does the last one."""
_FALLBACK = "10.255.0.0/16"
"""For tasks without a subnet."""
_lock = threading.Lock()
_owners: dict[str, str] = {}


def of_task(task: dict[str, Any]) -> str:
    """The task's address: one for all its containers, free of any living task's."""
    arn = str(task["taskArn"])
    subnet = ec2._subnets.get(task.get("_subnet") or "") or {}
    network = ipaddress.ip_network(subnet.get("CidrBlock") or _FALLBACK)
    with _lock:
        for address, owner in _owners.items():
            if owner == arn:
                return address
        for offset in range(_RESERVED, network.num_addresses - 1):
            address = str(network[offset])
            if address not in _owners:
                _owners[address] = arn
                return address
    raise RuntimeError(f"subnet {task.get('_subnet')} has no free address")


def release(task_arn: str) -> None:
    """Give the address of a stopped task back."""
    with _lock:
        for address in [a for a, owner in _owners.items() if owner == task_arn]:
            del _owners[address]
