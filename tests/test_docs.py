"""The documentation's links lead somewhere, and its commands exist."""

import re
import subprocess
from pathlib import Path

import pytest

from sandbox import documentation

pytestmark = pytest.mark.docs

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if ".venv" not in path.parts
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), flags=re.M)
    assert set(named) <= targets


def test_make_help_lists_every_documented_command() -> None:
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for command in ("up", "down", "status", "logs", "verify", "test", "check", "bench"):
        assert f"make {command} " in shown


@pytest.mark.parametrize("page", documentation.PAGES, ids=lambda page: page.name)
def test_a_page_says_what_the_code_says(page: Path) -> None:
    assert page.read_text() == documentation.rewritten(page), "run `make docs`"


def test_the_readme_fits_one_screen() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 72


def test_no_tracked_line_names_a_registry_or_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    hosts = re.compile(r"(pypi|npmjs|crates|golang|debian)\.(org|io)/|files\.pythonhos" + "ted")
    for name in tracked:
        path = ROOT / name
        # Go spells modules as hosts; these two files hold module names and hashes alone.
        if path.suffix in {".svg", ".png"} or path.name in {"go.mod", "go.sum"}:
            continue
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            assert not hosts.search(line), f"{name}:{number} names a registry's host"
