"""Which runtimes of Lambda there are."""

import pytest

from components.runtimes import DEFAULT_RUNTIME, RUNTIMES, checked_runtime


def test_every_runtime_is_known_by_the_python_that_it_is() -> None:
    assert all(name == f"python{runtime.python}" for name, runtime in RUNTIMES.items())


def test_snapshots_start_with_3_12_and_amazon_linux_2023() -> None:
    able = {name for name, runtime in RUNTIMES.items() if runtime.snap_start}
    assert able == {"python3.12", "python3.13", "python3.14"}
    assert {RUNTIMES[name].glibc for name in able} == {"2.34"}
    assert {RUNTIMES[name].glibc for name in RUNTIMES.keys() - able} == {"2.26"}


def test_a_runtime_that_is_not_given_is_the_default() -> None:
    assert checked_runtime("PythonLayer 'a'", "runtime", None) == DEFAULT_RUNTIME == "python3.13"
    assert checked_runtime("PythonLayer 'a'", "runtime", "python3.12") == "python3.12"


@pytest.mark.parametrize(
    ("given", "meant"),
    [("python3.9", "python3.1"), ("python313", "python3.13"), ("nodejs22.x", DEFAULT_RUNTIME)],
)
def test_an_unknown_runtime_is_refused_with_the_nearest(given: str, meant: str) -> None:
    with pytest.raises(ValueError, match="is not valid") as caught:
        checked_runtime("PythonLayer 'a'", "runtime", given)
    assert str(caught.value).startswith(
        f"PythonLayer 'a': runtime={given!r} is not valid. Allowed: "
    )
    assert all(name in str(caught.value) for name in RUNTIMES)
    assert f"Did you mean '{meant}" in str(caught.value)
