"""The policy that stores carry themselves: refuse what comes without TLS, whoever sends it.

It is the one ``Deny`` of the library, and it needs a document of its own: a queue or bucket has
a single policy, so whoever else may be let in is written into the same one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .policy import VERSION


def tls_only(
    action: str,
    arns: Sequence[pulumi.Input[str]],
    allowed: Sequence[Mapping[str, Any]] = (),
) -> pulumi.Output[str]:
    """The policy document as JSON.

    Args:
        action: everything that the service can be asked, such as ``sqs:*``.
        arns: the store, and what is in it where that has ARNs of its own.
        allowed: further statements, in IAM's own form; outputs are welcome in them.
    """
    denied = {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(arns),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return pulumi.Output.json_dumps(
        {"Version": VERSION, "Statement": [denied, *allowed]}, sort_keys=True
    )
