"""The kubeconfig of a cluster, as it reaches whoever deploys to it.

On AWS a kubeconfig asks the ``aws`` program for a token. Here the control plane's own
administrator certificate does, so that nothing need be installed. It travels in a header of
DescribeCluster's answer, which every caller of the embedded cloud can read with boto3; only
the account's administrator gets it.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from .kubeconfig import Access

HEADER = "x-sandbox-kubeconfig"
"""Base64 of the kubeconfig as JSON; absent until the control plane answers."""


def kubeconfig(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The kubeconfig in boto3's answer to ``describe_cluster``; KeyError if there is none."""
    packed = answer["ResponseMetadata"]["HTTPHeaders"][HEADER]
    document: dict[str, Any] = json.loads(base64.b64decode(packed))
    return document


def pack(document: Mapping[str, Any]) -> str:
    """A kubeconfig as the header's value."""
    return base64.b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


def flat(access: Access, name: str) -> dict[str, Any]:
    """A kubeconfig of one context that needs no files: certificates and keys are inside."""
    return access.document(name, access.user)
