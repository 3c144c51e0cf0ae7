"""Credentials of the task role for the code in a task, so that IAM is enforced for it.

The emulator's credentials endpoint hands out random keys that its own IAM refuses. Here
a task with a task role gets a session of that role, under the task's own id as on AWS; a
task without one gets no credentials at all.
"""

import datetime
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import ecs, imds, sts

from sandbox.cloud.settings import Settings

from . import guard, roles

_REGISTER = "(task_arn, cluster_arn, td, cdef, launch_type, env, host_mode, ministack_net_ip)"
_HOURS = 6
_PREFIX = "/v2/credentials/"


@dataclass(frozen=True)
class Session:
    """Temporary credentials of one task."""

    role_arn: str
    access_key: str
    secret_key: str
    token: str
    authorization: str


_sessions: dict[str, Session] = {}
"""Credentials id -> session."""


def apply(settings: Settings) -> None:
    """Serve role sessions from the credentials endpoint."""
    process = settings.engine == "process"

    def metadata(original: Callable[..., Any]) -> Callable[..., Any]:
        def register(
            task_arn: str,
            cluster_arn: str,
            td: Mapping[str, Any],
            cdef: Mapping[str, Any],
            launch_type: str,
            env: dict[str, str],
            host_mode: bool,
            ministack_net_ip: str | None,
        ) -> Any:
            # A process reaches the gateway on loopback, as a host-mode container does.
            token = original(
                task_arn, cluster_arn, td, cdef, launch_type, env, host_mode or process,
                ministack_net_ip,
            )  # fmt: skip
            uri = env.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            authorization = env.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN")
            if role := td.get("taskRoleArn"):
                session = _open(role, task_arn, authorization)
                if process:
                    id = str(uuid.uuid4())
                    _sessions[id] = session
                    env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri.rpartition("/")[0] + f"/{id}"
                    env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = authorization
                else:
                    # SDKs accept only a loopback address in the variable above.
                    env["AWS_ACCESS_KEY_ID"] = session.access_key
                    env["AWS_SECRET_ACCESS_KEY"] = session.secret_key
                    env["AWS_SESSION_TOKEN"] = session.token
            return token

        return register

    def endpoint(original: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_request(
            method: str, path: str, headers: Mapping[str, str], body: Any, query_params: Any
        ) -> Any:
            if path.startswith(_PREFIX):
                return _answer(method, path, headers)
            return await original(method, path, headers, body, query_params)

        return handle_request

    guard.checked(sts, "register_session", "(access_key: str, session: dict) -> None")
    guard.wrap(ecs, "_register_metadata", _REGISTER, metadata)
    guard.wrap(imds, "handle_request", "(method, path, headers, body, query_params)", endpoint)


def _open(role_arn: str, task_arn: str, authorization: str) -> Session:
    """Register the task's session with the emulator's IAM."""
    task_id = task_arn.rsplit("/", 1)[-1]
    digest = hashlib.sha256(f"{task_arn}:{authorization}".encode()).hexdigest()
    session = Session(
        role_arn=role_arn,
        access_key=f"ASIA{digest[:16].upper()}",
        secret_key=hashlib.sha256(f"secret:{authorization}".encode()).hexdigest(),
        token=hashlib.sha256(f"token:{authorization}".encode()).hexdigest(),
        authorization=authorization,
    )
    sts.register_session(
        session.access_key,
        {
            "Arn": roles.session_arn(role_arn, task_id),
            "UserId": f"{roles.name_of(role_arn)}:{task_id}",
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
        },
    )
    return session


def _answer(method: str, path: str, headers: Mapping[str, str]) -> Any:
    session = _sessions.get(path.removeprefix(_PREFIX).strip("/"))
    if method.upper() != "GET":
        return imds._text("Method Not Allowed", 405)
    if session is None:
        return imds._not_found()
    if headers.get("authorization") != session.authorization:
        return imds._unauthorized()
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=_HOURS)
    document = {
        "RoleArn": session.role_arn,
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "Token": session.token,
        "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()
