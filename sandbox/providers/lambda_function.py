"""Functions: packaged code, its configuration, and a version for every change."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Outputs, Provider
from .common import ignoring, physical_name, present, tag_changes, until
from .lambda_common import GONE, check_role, check_servable, invoke_arn, may_reach, must_allow
from .lambda_package import zipped
from .lambda_settings import FunctionInputs, check_settings, settings

_CODE = frozenset(
    {"code", "s3Bucket", "s3Key", "s3ObjectVersion", "sourceCodeHash", "architectures"}
)
_BESIDE = frozenset({"publish", "reservedConcurrentExecutions", "skipDestroy", "tags"})
"""What is neither code nor part of a version's configuration."""
_READY_SECONDS = 120
_SNAPSHOT_SECONDS = 120


class Function(Provider[FunctionInputs]):
    """A function from a zip; with ``publish``, another version after each change."""

    token = "aws:lambda/function:Function"
    inputs = FunctionInputs
    replaces = frozenset({"name"})
    outputs = frozenset(
        {
            "arn",
            "codeSha256",
            "invokeArn",
            "lastModified",
            "name",
            "qualifiedArn",
            "qualifiedInvokeArn",
            "responseStreamingInvokeArn",
            "signingJobArn",
            "signingProfileVersionArn",
            "sourceCodeHash",
            "sourceCodeSize",
            "tagsAll",
            "version",
        }
    )
    inert: ClassVar[Mapping[str, str]] = {
        "architectures": "stored; a function runs on this machine's processor",
        "ephemeralStorage": "stored; /tmp is this machine's and has no limit of its own",
        "fileSystemConfig": "checked and stored; nothing is mounted",
        "kmsKeyArn": "stored; environment variables lie in memory as they are",
        "memorySize": "stored; a function may use more",
        "runtime": "Python functions run with this machine's Python, whichever version they name",
        "snapStart": "a published version starts one warm process; no snapshot is taken",
        "tracingConfig": "stored; there is no X-Ray to send traces to",
        "vpcConfig": "checked and stored; a function reaches what this machine reaches",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> FunctionInputs:
        inputs = super().check(name, properties)
        check_settings(inputs, self.context.engine)
        return inputs

    def create(self, name: str, inputs: FunctionInputs) -> tuple[str, Outputs]:
        self._check_surroundings(inputs)
        tags, client = self.tags(inputs), self.context.client("lambda")
        function = check_servable("name", physical_name(name, inputs.name, limit=64))
        client.create_function(
            FunctionName=function,
            Code=_code(inputs),
            Architectures=inputs.architectures,
            Tags=tags,
            **settings(function, inputs),
        )
        try:
            self._wait(function)
            self._reserve(function, inputs.reserved_concurrent_executions)
            version = self._publish(function) if inputs.publish else "$LATEST"
        except Exception:
            client.delete_function(FunctionName=function)
            raise
        return function, self._outputs(function, version, inputs, tags)

    def update(
        self, id: str, old: FunctionInputs, new: FunctionInputs, outputs: Outputs
    ) -> Outputs:
        """Configuration first and code after it, so that a version has both."""
        client, tags, changed = (
            self.context.client("lambda"),
            self.tags(new),
            self.changed(old, new),
        )
        configured = changed - _CODE - _BESIDE
        if configured:
            self._check_surroundings(new)
            client.update_function_configuration(FunctionName=id, **settings(id, new))
            self._wait(id)
        if changed & _CODE:
            code = _code(new)
            client.update_function_code(FunctionName=id, Architectures=new.architectures, **code)
            self._wait(id)
        self._reserve(id, new.reserved_concurrent_executions)
        put, drop = tag_changes(outputs, tags)
        if drop:
            client.untag_resource(Resource=outputs["arn"], TagKeys=drop)
        if put:
            client.tag_resource(Resource=outputs["arn"], Tags=put)
        version = outputs["version"]
        if new.publish and (configured or changed & _CODE or not old.publish):
            version = self._publish(id)
        return self._outputs(id, version, new, tags)

    def delete(self, id: str, outputs: Outputs) -> None:
        if outputs["skipDestroy"]:
            return
        with ignoring(GONE):
            self.context.client("lambda").delete_function(FunctionName=id)

    def _outputs(
        self, function: str, version: str, inputs: FunctionInputs, tags: Mapping[str, str]
    ) -> Outputs:
        client = self.context.client("lambda")
        found = client.get_function_configuration(FunctionName=function)
        arn, region = found["FunctionArn"], self.context.region
        qualified = f"{arn}:{version}"
        streaming = invoke_arn(region, arn).replace("2015-03-31", "2021-11-15")
        return {
            "arn": arn,
            "codeSha256": found["CodeSha256"],
            "invokeArn": invoke_arn(region, arn),
            "lastModified": found["LastModified"],
            "name": function,
            "qualifiedArn": qualified,
            "qualifiedInvokeArn": invoke_arn(region, qualified),
            "responseStreamingInvokeArn": streaming.replace(
                "/invocations", "/response-streaming-invocations"
            ),
            "signingJobArn": "",
            "signingProfileVersionArn": "",
            "skipDestroy": inputs.skip_destroy,
            "sourceCodeHash": inputs.source_code_hash or found["CodeSha256"],
            "sourceCodeSize": found["CodeSize"],
            "tagsAll": dict(tags),
            "version": version,
        }

    def _wait(self, function: str) -> None:
        def done() -> bool:
            found = self.context.client("lambda").get_function_configuration(FunctionName=function)
            return bool(found["State"] == "Active" and found["LastUpdateStatus"] == "Successful")

        until(done, seconds=_READY_SECONDS, what=f"function {function} to become active")

    def _publish(self, function: str) -> str:
        """Publish what there is; with SnapStart, wait until the version has started once."""
        client = self.context.client("lambda")
        version = str(client.publish_version(FunctionName=function)["Version"])

        def done() -> bool:
            found = client.get_function_configuration(FunctionName=function, Qualifier=version)
            if found["State"] == "Failed":
                raise ValueError(
                    f"function {function}: version {version} cannot start: {found['StateReason']}"
                )
            return bool(found["State"] == "Active")

        until(done, seconds=_SNAPSHOT_SECONDS, what=f"version {version} of function {function}")
        return version

    def _reserve(self, function: str, reserved: int) -> None:
        client = self.context.client("lambda")
        if reserved == -1:
            client.delete_function_concurrency(FunctionName=function)
        else:
            client.put_function_concurrency(
                FunctionName=function, ReservedConcurrentExecutions=reserved
            )

    def _check_surroundings(self, inputs: FunctionInputs) -> None:
        """What Lambda looks at before it takes a configuration, and the emulator does not."""
        check_role(self.context, inputs.role)
        if inputs.dead_letter_config is not None:
            arn = inputs.dead_letter_config.target_arn
            may_reach(self.context, inputs.role, "deadLetterConfig.targetArn", arn)
        if inputs.vpc_config is not None and inputs.vpc_config.subnet_ids:
            must_allow(self.context, inputs.role, "ec2:CreateNetworkInterface", "*", "vpcConfig")
            zones = self._zones(inputs.vpc_config.subnet_ids, inputs.vpc_config.security_group_ids)
            if inputs.file_system_config is not None:
                self._check_mount_targets(inputs.file_system_config.arn, zones)

    def _zones(self, subnets: list[str], groups: list[str]) -> set[str]:
        """The zones of subnets that exist, in the one network that the groups are in."""
        ec2 = self.context.client("ec2")
        found = ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
        allowed = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
        networks = {item["VpcId"] for item in (*found, *allowed)}
        if len(networks) != 1:
            raise ValueError(
                f"vpcConfig: subnets and security groups are of several networks: "
                f"{', '.join(sorted(networks))}."
            )
        return {item["AvailabilityZone"] for item in found}

    def _check_mount_targets(self, access_point: str, zones: set[str]) -> None:
        efs = self.context.client("efs")
        id = access_point.rpartition("/")[2]
        points = efs.describe_access_points(AccessPointId=id)["AccessPoints"]
        if not points:
            raise ValueError(f"fileSystemConfig.arn={access_point!r}: no such access point.")
        system = points[0]["FileSystemId"]
        targets = efs.describe_mount_targets(FileSystemId=system)["MountTargets"]
        missing = zones - {target["AvailabilityZoneName"] for target in targets}
        if missing:
            raise ValueError(
                f"fileSystemConfig: the file system {system} has no mount target in "
                f"{', '.join(sorted(missing))}, where the function may run. Make the function "
                "after the mount targets."
            )


def _code(inputs: FunctionInputs) -> dict[str, Any]:
    if inputs.code is not None:
        return {"ZipFile": zipped("code", inputs.code)}
    return present(
        S3Bucket=inputs.s3_bucket,
        S3Key=inputs.s3_key,
        S3ObjectVersion=inputs.s3_object_version,
    )
