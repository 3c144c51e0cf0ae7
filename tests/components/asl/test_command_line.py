"""``python -m components.asl``: what it prints and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.asl.__main__ import main

from .machines import callback, invoke, machine, passes

Run = tuple[int, str, str]


def write(folder: Path, name: str, document: Any) -> str:
    file = folder / name
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Run:
    code = main(arguments)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_nothing_is_printed_when_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, write(tmp_path, "a.json", machine(A=passes()))) == (0, "", "")


def test_every_problem_of_every_file_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path, "good.json", machine(A=passes()))
    bad = write(tmp_path, "bad.json", machine("B", A=passes(InputPath="x")))
    code, out, err = run(capsys, good, bad)
    assert (code, err) == (1, "")
    assert [line.split(":")[:2] for line in out.splitlines()] == [[bad, " error"]] * 2
    assert "machine, StartAt: there is no state 'B'" in out
    assert "state 'A', InputPath: 'x' is no path." in out


def test_warnings_alone_are_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "a.json", machine(A=passes(Result="$.x")))
    code, out, _ = run(capsys, file)
    assert code == 0
    assert out.startswith(f"{file}: warning: state 'A', Result: '$.x' stays text")


def test_express_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "a.json", machine(A=callback(TimeoutSeconds=60, HeartbeatSeconds=9)))
    assert run(capsys, file)[0] == 0
    code, out, _ = run(capsys, "--express", file)
    assert code == 1
    assert "Express workflows have no '.waitForTaskToken'" in out


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "gone.json")
    assert run(capsys, file) == (2, "", f"{file}: cannot be read: No such file or directory\n")


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, str(tmp_path)) == (2, "", f"{tmp_path}: cannot be read: Is a directory\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n  "StartAt": A\n}', ":2:14: no JSON: Expecting value"),
        (b"", ":1:1: no JSON: Expecting value"),
        (b'{"StartAt": "A",}', ":1:17: no JSON: "),
        (b'{"A": "\xff"}', ": no JSON: 'utf-8' codec can't decode byte 0xff"),
        (b"[" * 100_000, ": nested too deeply to be read"),
        (b"9" * 5000, ": no JSON: Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_placed(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    code, out, err = run(capsys, str(file))
    assert (code, out) == (2, "")
    assert err.startswith(f"{file}{message}")


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = write(tmp_path, "bad.json", machine(A=invoke(Resource="x")))
    code, out, err = run(capsys, str(tmp_path / "gone.json"), bad)
    assert code == 2
    assert "cannot be read" in err
    assert "is nothing that a task can call" in out


def test_a_key_that_stands_twice_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.json"
    state = '{"Type": "Pass", "End": true}'
    file.write_text(f'{{"StartAt": "A", "States": {{"A": {state}, "A": {state}}}}}')
    code, out, err = run(capsys, str(file))
    assert (code, out) == (2, "")
    assert err == f"{file}: the key 'A' stands twice in one object\n"


def test_it_is_a_module_that_can_be_run(tmp_path: Path) -> None:
    file = write(tmp_path, "a.json", machine("B", A=passes()))
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", "components.asl", file]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Did you mean 'A'?" in done.stdout or "There is A." in done.stdout
    usage = subprocess.run(command[:3], cwd=root, capture_output=True, text=True, check=False)
    assert usage.returncode == 2
    assert "usage: python -m components.asl" in usage.stderr
