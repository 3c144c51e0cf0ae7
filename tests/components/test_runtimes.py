"""Lambda's runtimes: the default, and the nearest to a wrong one."""

import pytest

from components.runtimes import DEFAULT_RUNTIME, RUNTIMES, checked_runtime


def test_nothing_given_is_the_default() -> None:
    assert checked_runtime("PythonLayer 'x'", "runtime", None) == DEFAULT_RUNTIME
    assert DEFAULT_RUNTIME in RUNTIMES


@pytest.mark.parametrize(
    ("given", "hint"), [("python313", "python3.13"), ("python3.9", "python3."), ("x", "python3.13")]
)
def test_another_is_refused_with_the_nearest(given: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"runtime='{given}' is not valid") as caught:
        checked_runtime("PythonLayer 'x'", "runtime", given)
    assert f"Did you mean '{hint}" in str(caught.value)
    assert "Allowed: 'python3.10', 'python3.11'" in str(caught.value)


def test_snapshots_start_with_3_12() -> None:
    able = {name for name, runtime in RUNTIMES.items() if runtime.snap_start}
    assert able == {"python3.12", "python3.13", "python3.14"}
