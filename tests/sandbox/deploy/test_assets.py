"""Assets are absolute for providers and compared by content."""

import pytest

from sandbox.deploy import DeployError

from .conftest import Project

PROGRAM = 'Thing("x", code=pulumi.FileArchive("src"))'


def test_an_archive_is_a_change_only_when_its_content_changed(project: Project) -> None:
    source = project.directory / "src"
    source.mkdir()
    (source / "a.py").write_text("1")
    project.up(PROGRAM)
    assert project.cloud.things["x-1"]["code"].path == str(source)
    (source / "a.py").touch()
    assert project.up().counts == {"unchanged": 1}
    (source / "a.py").write_text("2")
    assert project.up().counts == {"updated": 1}
    (source / "a.py").rename(source / "b.py")
    assert project.up().counts == {"updated": 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pulumi.StringAsset('a')", "pulumi.StringAsset('b')"),
        ("pulumi.FileAsset('one.txt')", "pulumi.FileAsset('two.txt')"),
        ("pulumi.RemoteAsset('http://a')", "pulumi.RemoteAsset('http://b')"),
        (
            "pulumi.AssetArchive({'a': pulumi.StringAsset('a'), 'f': pulumi.FileAsset('one.txt')})",
            "pulumi.AssetArchive({'b': pulumi.StringAsset('a'), 'f': pulumi.FileAsset('one.txt')})",
        ),
    ],
)
def test_every_kind_of_asset_has_a_fingerprint(project: Project, before: str, after: str) -> None:
    (project.directory / "one.txt").write_text("1")
    (project.directory / "two.txt").write_text("2")
    assert project.up(f'Thing("x", value={{"code": [{before}]}})').counts == {"created": 1}
    assert project.up().counts == {"unchanged": 1}
    assert project.up(f'Thing("x", value={{"code": [{after}]}})').counts == {"updated": 1}


def test_a_file_that_is_not_there_is_named(project: Project) -> None:
    with pytest.raises(DeployError, match=r"'x': check failed: .*No such file.*/project/src"):
        project.up(PROGRAM)
