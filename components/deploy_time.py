"""What hooks share that act while a deployment runs: credentials, threads, plain values.

Only here is boto3 imported, and only once a hook runs: previews, tests under mocks and
importers who switch the hooks off never need it. The clients use the credentials that
the AWS provider of the same stack uses by default: ``aws:profile`` and
``aws:assumeRoles`` of the stack's configuration over the ambient ones. An explicit
provider's own credentials stay inside Pulumi's engine and cannot be seen from here.
"""

import asyncio
import importlib.util
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

import pulumi

T = TypeVar("T")


@dataclass(frozen=True)
class Login:
    """Which credentials the stack's configuration asks for."""

    profile: str | None = None
    roles: str | None = None
    """``aws:assumeRoles`` as it is configured: a JSON list, assumed one after another."""

    @classmethod
    def from_config(cls) -> Self:
        """The default AWS provider's configuration of this stack."""
        config = pulumi.Config("aws")
        return cls(profile=config.get("profile"), roles=config.get("assumeRoles"))

    def clients(self, region: str) -> Callable[[str], Any]:
        """What makes a client of ``region`` from the name of a service."""
        import boto3

        session = boto3.Session(profile_name=self.profile, region_name=region)
        for role in json.loads(self.roles or "[]"):
            request = {
                "RoleArn": role["roleArn"],
                "RoleSessionName": role.get("sessionName", "slipway"),
            }
            if role.get("externalId"):
                request["ExternalId"] = role["externalId"]
            keys = session.client("sts").assume_role(**request)["Credentials"]
            session = boto3.Session(
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
                region_name=region,
            )
        # The stubs give every service an overload of its own; here the name is data.
        return cast(Callable[[str], Any], cast(Any, session).client)


def available() -> bool:
    """Whether boto3 can be imported, without importing it."""
    return importlib.util.find_spec("boto3") is not None


def region_of(arn: str) -> str:
    """The region that an ARN names."""
    return arn.split(":")[3]


def tried(what: str, gather: Callable[[], list[str]]) -> list[str]:
    """``gather()``, or one line saying why it could not be read.

    Evidence that cannot be read must not hide the failure that it is gathered for.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return gather()
    except (BotoCoreError, ClientError, LookupError) as error:
        return [f"{what}: could not be read ({error})"]


async def plain(value: Any) -> Any:
    """``value`` without the Outputs that stand for secrets in a hook's arguments."""
    if isinstance(value, pulumi.Output):
        return await plain(await value.future())
    if isinstance(value, Mapping):
        return {key: await plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [await plain(item) for item in value]
    return value


async def aside(work: Callable[[], T]) -> T:
    """Run ``work`` on a thread of its own.

    Neither on the event loop, which other resources need meanwhile, nor in its default
    pool: there each registration that is under way holds a thread until the engine
    answers, and the engine waits for this hook, so that a handful of resources at once
    would wait for one another forever.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slipway-hook")
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, work)
    finally:
        pool.shutdown(wait=False)
