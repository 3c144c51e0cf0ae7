"""Functions: what really runs, and what is refused after a look at what exists."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pulumi import asset

from sandbox.providers.lambda_package import ZIP_LIMIT, zipped

from .apis import call
from .functions import (
    ANSWER,
    FUNCTION,
    RUNTIME,
    SPACE,
    archive,
    given,
    inbox,
    invoke,
    make,
    role,
    shared,
    soon,
    telling,
    told,
)
from .world import TRUST, World

pytestmark = pytest.mark.sandbox
ALIAS = f"{SPACE}alias:Alias"
WARM = f"{SPACE}provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
LAYER = f"{SPACE}layerVersion:LayerVersion"


def test_a_packaged_directory_runs_behind_its_alias(world: World, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("VERSION = 1\n")
    (tmp_path / "index.py").write_text(f"from shop import VERSION\n{ANSWER}")
    functions, aliases = world.provider(FUNCTION), world.provider(ALIAS)
    first = functions.check("f", given(world, code=asset.FileArchive(str(tmp_path))))
    id, outputs = functions.create("packaged", first)
    live = aliases.check("a", {"functionName": id, "functionVersion": "1", "name": "live"})
    alias, told_alias = aliases.create("live", live)
    assert told_alias["invokeArn"].endswith(f"functions/{alias}/invocations")
    assert invoke(world, id, {"a": 1}, "live") == {"event": {"a": 1}, "version": 1}

    second = functions.check("f", given(world, code=archive(version=2)))
    outputs = functions.update(id, first, second, outputs)
    assert outputs["version"] == "2"
    assert invoke(world, id, None, "live")["version"] == 1, "the alias stays"
    moved = live.model_copy(update={"function_version": "2"})
    aliases.update(alias, live, moved, told_alias)
    assert invoke(world, id, None, "live")["version"] == 2


def test_a_zip_file_is_uploaded_as_it_is(world: World, tmp_path: Path) -> None:
    file = tmp_path / "code.zip"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("index.py", f"VERSION = 3\n{ANSWER}")
    digest = base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()
    for kind in (asset.FileArchive, asset.FileAsset):
        id, outputs = make(world, "zip", code=kind(str(file)))
        assert (outputs["codeSha256"], outputs["sourceCodeHash"]) == (digest, digest)
        assert invoke(world, id)["version"] == 3


def test_an_archive_of_archives_is_always_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "inner/run.sh").chmod(0o755)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as made:
        made.writestr("b/c.txt", "c")
    code = asset.AssetArchive(
        {
            "a.txt": asset.StringAsset("a"),
            "in": asset.FileArchive(str(tmp_path / "inner")),
            "more": asset.FileArchive(str(tmp_path / "more.zip")),
        }
    )
    data = zipped("code", code)
    (tmp_path / "inner/run.sh").touch()
    assert zipped("code", code) == data
    (tmp_path / "z.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "z.zip") as made:
        assert made.namelist() == ["a.txt", "in/run.sh", "more/b/c.txt"]
        assert made.getinfo("in/run.sh").external_attr >> 16 == 0o755


def test_a_package_that_no_request_carries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="code has no files"):
        zipped("code", asset.FileArchive(str(tmp_path)))
    with zipfile.ZipFile(tmp_path / "big.zip", "w") as made:
        made.writestr("x", bytes(ZIP_LIMIT))
    with pytest.raises(ValueError, match="Lambda takes 52,428,800 in one request"):
        zipped("code", asset.FileArchive(str(tmp_path / "big.zip")))
    (tmp_path / "no.zip").write_text("text")
    with pytest.raises(ValueError, match="is no zip file"):
        zipped("code", asset.FileArchive(str(tmp_path / "no.zip")))
    with pytest.raises(ValueError, match="cannot fetch a RemoteArchive"):
        zipped("code", asset.AssetArchive({"a": asset.RemoteArchive("https://x")}))


def test_new_tags_are_no_new_version(world: World) -> None:
    provider = world.provider(FUNCTION)
    old, new = (provider.check("f", given(world, tags={"a": value})) for value in "bc")
    id, outputs = provider.create("tagged", old)
    assert provider.update(id, old, new, outputs)["version"] == "1"


def test_a_role_that_lambda_may_not_assume_is_refused(world: World) -> None:
    other = world.make("aws:iam/role:Role", "for-ecs", assumeRolePolicy=TRUST)[1]["arn"]
    with pytest.raises(ValueError, match="cannot be assumed by Lambda"):
        make(world, "f", role=other)


def test_a_dead_letter_queue_that_the_role_may_not_send_to_is_refused(world: World) -> None:
    queue = shared(world).queue
    with pytest.raises(ValueError, match="may not sqs:SendMessage"):
        make(world, "f", role=role(world, "nothing", "none"), deadLetterConfig={"targetArn": queue})


def test_a_network_that_the_role_may_not_enter_is_refused(world: World) -> None:
    network = {"subnetIds": world.subnets[:1], "securityGroupIds": world.groups[:1]}
    with pytest.raises(ValueError, match="may not ec2:CreateNetworkInterface"):
        make(world, "f", role=role(world, "nothing", "none"), vpcConfig=network)


def test_subnets_and_groups_of_several_networks_are_refused(world: World) -> None:
    group = world.make("aws:ec2/securityGroup:SecurityGroup", "far", vpcId=world.other_vpc)[0]
    network = {"subnetIds": world.subnets[:1], "securityGroupIds": [group]}
    with pytest.raises(ValueError, match="are of several networks"):
        make(world, "f", vpcConfig=network)


def test_a_file_system_without_a_mount_target_is_refused(world: World) -> None:
    system = world.make("aws:efs/fileSystem:FileSystem", "unmounted")[0]
    point = world.make("aws:efs/accessPoint:AccessPoint", fileSystemId=system)[1]["arn"]
    network = {"subnetIds": world.subnets[:1], "securityGroupIds": world.groups[:1]}
    files = {"arn": point, "localMountPath": "/mnt/files"}
    with pytest.raises(ValueError, match="has no mount target in us-east-1a"):
        make(world, "f", vpcConfig=network, fileSystemConfig=files)
    with pytest.raises(ValueError, match="no such access point"):
        make(world, "f", vpcConfig=network, fileSystemConfig={**files, "arn": f"{point}0"})


def test_a_snapshot_of_code_that_cannot_start_is_refused_and_nothing_stays(world: World) -> None:
    broken = archive(code="import missing_module\ndef handler(event, context): ...\n")
    snapshot = {"runtime": "python3.13", "snapStart": {"applyOn": "PublishedVersions"}}
    with pytest.raises(ValueError, match="version 1 cannot start"):
        make(world, "f", name="broken", code=broken, **snapshot)
    client = world.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="broken")


def test_a_name_that_the_emulator_confuses_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="begin with 'url'"):
        make(world, "url-shortener")
    permission = {"action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com"}
    with pytest.raises(ValueError, match="begin with 'url'"):
        world.make(
            f"{SPACE}permission:Permission", "url", function=shared(world).name, **permission
        )


def test_an_alias_of_a_version_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(world.client("lambda").exceptions.ResourceNotFoundException):
        world.make(ALIAS, functionName=shared(world).name, functionVersion="9", name="none")


def test_weights_and_provisioned_concurrency_exclude_each_other(world: World) -> None:
    id = make(world, "weighted")[0]
    world.client("lambda").update_function_configuration(FunctionName=id, Description="two")
    world.client("lambda").publish_version(FunctionName=id)
    provider = world.provider(ALIAS)
    live = {"functionName": id, "functionVersion": "2", "name": "live"}
    plain = provider.check("a", live)
    shifted = provider.check(
        "a", {**live, "routingConfig": {"additionalVersionWeights": {"1": 0.1}}}
    )
    alias, outputs = provider.create("live", shifted)
    warm = {"functionName": id, "qualifier": "live", "provisionedConcurrentExecutions": 1}
    with pytest.raises(ValueError, match="alias live: weights and provisioned concurrency"):
        world.make(WARM, **warm)
    provider.update(alias, shifted, plain, outputs)
    world.make(WARM, **warm)
    with pytest.raises(ValueError, match="alias live: weights and provisioned concurrency"):
        provider.update(alias, plain, shifted, outputs)


def test_provisioned_concurrency_keeps_to_what_is_reserved(world: World) -> None:
    id = make(world, "reserved", reservedConcurrentExecutions=2)[0]
    warm = {"functionName": id, "qualifier": "1"}
    with pytest.raises(ValueError, match="above the function's reservedConcurrentExecutions=2"):
        world.make(WARM, **warm, provisionedConcurrentExecutions=3)


def test_provisioned_concurrency_excludes_snapshots_and_the_unpublished(world: World) -> None:
    snapshot = {"runtime": "python3.13", "snapStart": {"applyOn": "PublishedVersions"}}
    id = make(world, "snapshot", **snapshot)[0]
    with pytest.raises(ValueError, match="provisioned concurrency and SnapStart"):
        world.make(WARM, functionName=id, qualifier="1", provisionedConcurrentExecutions=1)
    world.make(ALIAS, functionName=id, functionVersion="$LATEST", name="latest")
    with pytest.raises(ValueError, match=r"names \$LATEST"):
        world.make(WARM, functionName=id, qualifier="latest", provisionedConcurrentExecutions=1)


def test_a_layer_can_be_imported(world: World) -> None:
    hello = asset.StringAsset("HELLO = 'hello'\n")
    files: dict[str, asset.Asset | asset.Archive] = {"python/greetings.py": hello}
    layer = world.make(LAYER, layerName="greetings", code=asset.AssetArchive(files))[0]
    code = "import greetings\ndef handler(event, context):\n    return greetings.HELLO\n"
    id = make(world, "layered", code=archive(code=code), layers=[layer])[0]
    assert invoke(world, id) == "hello"


def test_a_policy_larger_than_lambda_takes_is_refused(world: World) -> None:
    id = make(world, "popular")[0]
    client = world.client("lambda")
    statement = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    for number in range(2):
        source = f"arn:aws:s3:::{'x' * 9000}{number}"
        client.add_permission(
            FunctionName=id, StatementId=f"s{number}", SourceArn=source, **statement
        )
    given_permission = {"function": id, "action": statement["Action"]}
    source = f"arn:aws:s3:::{'y' * 9000}"
    token = f"{SPACE}permission:Permission"
    principal = statement["Principal"]
    with pytest.raises(ValueError, match="Lambda takes 20480"):
        world.make(token, **given_permission, principal=principal, sourceArn=source)
    assert "yyy" not in client.get_policy(FunctionName=id)["Policy"]


def test_a_url_for_everybody_answers(world: World) -> None:
    code = "def handler(event, context):\n    return {'path': event['rawPath']}\n"
    id = make(world, "web", code=archive(code=code))[0]
    token = f"{SPACE}functionUrl:FunctionUrl"
    url = world.make(token, functionName=id, authorizationType="NONE")[1]["functionUrl"]
    assert call(f"{url}a").body == {"path": "/a"}


def test_a_url_for_signed_requests_turns_others_away(world: World) -> None:
    id = make(world, "web")[0]
    token = f"{SPACE}functionUrl:FunctionUrl"
    url = world.make(token, functionName=id, authorizationType="AWS_IAM")[1]["functionUrl"]
    assert call(url).status == 403


@pytest.mark.parametrize("qualifier", ["live", None])
def test_an_event_goes_where_the_alias_or_the_function_says(
    world: World, qualifier: str | None
) -> None:
    code = "def handler(event, context):\n    return 1 / event['by']\n"
    id = make(world, f"async-{qualifier}", code=archive(code=code))[0]
    world.make(ALIAS, functionName=id, functionVersion="1", name="live")
    failed, worked = (world.make("aws:sqs/queue:Queue", side) for side in ("failed", "worked"))
    where = {"qualifier": qualifier} if qualifier else {}
    world.make(
        f"{SPACE}functionEventInvokeConfig:FunctionEventInvokeConfig",
        functionName=id,
        maximumRetryAttempts=0,
        destinationConfig={
            "onFailure": {"destination": failed[1]["arn"]},
            "onSuccess": {"destination": worked[1]["arn"]},
        },
        **where,
    )
    for by in (0, 2):
        world.client("lambda").invoke(
            FunctionName=f"{id}:{qualifier}" if qualifier else id,
            InvocationType="Event",
            Payload=json.dumps({"by": by}).encode(),
        )
    assert told(world, failed[0])["requestPayload"] == {"by": 0}
    assert told(world, worked[0])["responsePayload"] == 0.5


def test_a_destination_that_the_role_may_not_write_to_is_refused(world: World) -> None:
    id = make(world, "mute", role=role(world, "nothing", "none"))[0]
    destination = {"onFailure": {"destination": shared(world).queue}}
    with pytest.raises(ValueError, match=r"onFailure\.destination: the role nothing may not"):
        world.make(
            f"{SPACE}functionEventInvokeConfig:FunctionEventInvokeConfig",
            functionName=id,
            destinationConfig=destination,
        )


def test_a_function_says_what_it_was_asked(world: World) -> None:
    url = inbox(world, "said")
    id = make(world, "saying", code=archive(code=telling(url)), runtime=RUNTIME)[0]
    invoke(world, id, {"b": 2})
    assert told(world, url) == {"b": 2}


def _versions(world: World, id: str) -> Any:
    return world.client("lambda").list_versions_by_function(FunctionName=id)["Versions"]


def test_what_is_published_later_has_the_new_configuration(world: World) -> None:
    provider = world.provider(FUNCTION)
    old = provider.check("f", given(world, environment={"variables": {"MODE": "a"}}))
    new = provider.check("f", given(world, environment={"variables": {"MODE": "b"}}))
    id, outputs = provider.create("modes", old)
    provider.update(id, old, new, outputs)
    modes = {item["Version"]: item["Environment"]["Variables"] for item in _versions(world, id)}
    assert modes == {"$LATEST": {"MODE": "b"}, "1": {"MODE": "a"}, "2": {"MODE": "b"}}
    assert soon(lambda: _versions(world, id)[0]["State"] == "Active")
