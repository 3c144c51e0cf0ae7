"""Compensation on random machines: whatever happens, what is undone is what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from components.asl import lint
from components.state_machine.undo import START, with_undo

from .interpreter import EndlessError
from .shop import WHO, Played, State, machine, made, may_have_taken_effect, play, step, undoing

ERRORS = ["Declined", "Odd", "States.Timeout"]
CATCHES = [
    (),
    ("States.ALL",),
    ("Declined", "States.ALL"),
    ("Odd,Declined",),
    ("States.TaskFailed",),
    ("States.Timeout", "Declined"),
    ("Odd", "States.TaskFailed,States.Timeout"),
]


@dataclass(frozen=True)
class Story:
    """A machine, its undo, and several things that may happen to it."""

    document: State
    undo: Mapping[str, Any]
    order: int
    fates: Sequence[Mapping[str, str]]
    """Errors by step and by ``undo <Step>``."""


def one_in(draw: st.DrawFn, number: int) -> bool:
    return draw(st.sampled_from([False] * (number - 1) + [True]))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    count = draw(st.integers(3, 10))
    # Not in alphabetical order: the order of undoing must not come from names.
    names = [f"{letter}{' ' * (letter in 'XUS')}1" for letter in "ZYXWVUTSRQ"[:count]]

    def target(number: int) -> str:
        if one_in(draw, 30):  # a loop, perhaps
            return draw(st.sampled_from(names))
        return draw(st.sampled_from([names[number + 1]] * 4 + names[number + 1 :]))

    states: dict[str, State] = {}
    for number, name in enumerate(names):
        if number == count - 1:
            kind = draw(st.sampled_from(["Succeed", "Fail"]))
        else:
            more = ["Succeed", "Fail"] if number > count / 2 else []
            kind = draw(st.sampled_from([*["Task"] * 8, "Parallel", "Choice", "Pass", *more]))
        states[name] = _state(draw, kind, name, lambda number=number: target(number))
    document = _reachable(machine(names[0], **states), names[0])
    assume(all(problem.warning for problem in lint(document)))  # no loop without an end
    tasks = [n for n, s in document["States"].items() if s["Type"] in ("Task", "Parallel")]
    undo = {name: _undoing(draw, name) for name in tasks if not one_in(draw, 4)}
    single = [{name: error} for name in tasks for error in ERRORS]
    broken = {f"undo {name}": "Odd" for name in undo if one_in(draw, 3)}
    several = {name: draw(st.sampled_from(ERRORS)) for name in tasks if one_in(draw, 3)}
    fates = [{}, *single, several, *({**one, **broken} for one in (*single, several))]
    return Story(document, undo, draw(st.integers(0, 2)), fates)


def _state(draw: st.DrawFn, kind: str, name: str, target: Any) -> State:
    match kind:
        case "Succeed":
            return {"Type": "Succeed"}
        case "Fail":
            return {"Type": "Fail", "Error": f"{name} reached", "Cause": "the end"}
        case "Pass":
            return {"Type": "Pass", "Next": target()}
        case "Choice":
            rules = [
                {"Variable": "$.order", "NumericEquals": number, "Next": target()}
                for number in range(draw(st.integers(1, 2)))
            ]
            default = {"Default": target()} if one_in(draw, 2) else {}
            return {"Type": "Choice", "Choices": rules, **default}
    catch = {errors: target() for errors in draw(st.sampled_from(CATCHES))}
    way = {"End": True} if one_in(draw, 8) else {"Next": target()}
    state = step(name, catch=catch, **way)
    if kind == "Parallel":
        del state["Resource"], state["Parameters"], state["TimeoutSeconds"]
        inner = f"{name} inside"
        branch = {"StartAt": inner, "States": {inner: step(name)}}
        state |= {"Type": "Parallel", "Branches": [branch]}
    return state


def _undoing(draw: st.DrawFn, name: str) -> dict[str, Any]:
    if draw(st.booleans()):
        return undoing(name)
    definite = draw(st.sampled_from([[], ["Declined"], ["Declined", "Odd"], ["States.TaskFailed"]]))
    return undoing(name, unsure=True, definite=definite)


def _ways(state: State) -> list[str]:
    found = [state[field] for field in ("Next", "Default") if field in state]
    return found + [one["Next"] for one in (*state.get("Choices", ()), *state.get("Catch", ()))]


def _after(document: State, name: str) -> set[str]:
    found: set[str] = set()
    waiting = _ways(document["States"][name])
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += _ways(document["States"][one])
    return found


def _reachable(document: State, start: str) -> State:
    kept = {start, *_after(document, start)}
    states = {name: state for name, state in document["States"].items() if name in kept}
    return {**document, "States": states}


def _doomed(document: State, name: str) -> bool:
    return not any(
        one["Type"] == "Succeed" or one.get("End")
        for one in (document["States"][n] for n in {name, *_after(document, name)})
    )


@settings(max_examples=150, deadline=None)
@given(stories())
def test_what_is_undone_is_what_was_done_if_it_failed_and_nothing_if_not(story: Story) -> None:
    undo = _accepted(story)
    result = made(story.document, undo)
    for fails in story.fates:
        try:
            before = play(story.document, fails, undo=undo, given={"order": story.order})
        except EndlessError:
            continue
        after = play(result, fails, undo=undo, given={"order": story.order})
        _compare(story.document, undo, fails, before, after)


def _accepted(story: Story) -> Mapping[str, Any]:
    """The steps that can be undone; the others must be refused."""
    document, undo = story.document, story.undo
    wrong = [n for n in undo if n in _after(document, n) or _doomed(document, n)]
    for name in wrong:
        with pytest.raises(ValueError, match="undo="):
            with_undo(WHO, document, {name: undo[name]})
    return {name: one for name, one in undo.items() if name not in wrong}


def _compare(
    document: State,
    undo: Mapping[str, Any],
    fails: Mapping[str, str],
    before: Played,
    after: Played,
) -> None:
    # Nothing else is different.
    assert (after.run.status, after.run.error) == (before.run.status, before.run.error)
    assert after.done == before.done
    mine = [one for one in after.run.path if one in document["States"]]
    assert mine == [one for one in before.run.path if one in document["States"]]

    done = [name for name in before.done if name in undo]
    if before.run.status == "SUCCEEDED":
        event(f"succeeded with {min(len(done), 4)} done")
        assert after.run.output == before.run.output
        assert (after.undone, after.sent) == ([], [])
        return
    event(f"failed with {min(len(done), 4)} done")
    failing = [name for name in reversed(done) if f"undo {name}" in fails]
    assert after.undone == [name for name in reversed(done) if name not in failing]
    assert [message["step"] for message in after.sent] == failing
    _check_moment(document, after.run.path)


def _check_moment(document: State, path: list[str]) -> None:
    """The undoing comes as soon as the execution can only fail, and not before."""
    own = [name for name in path if name != START]
    chain = [number for number, name in enumerate(own) if name.startswith("Undo ")]
    if chain:
        assert chain == list(range(chain[0], chain[-1] + 1))
        assert not any(_doomed(document, n) for n in own[: chain[0]] if n in document["States"])
        rest = own[chain[-1] + 1 :]
        assert all(_doomed(document, name) for name in rest if name in document["States"])


@settings(max_examples=50, deadline=None)
@given(stories())
def test_a_queue_that_is_down_keeps_nothing_from_being_undone(story: Story) -> None:
    undo = _accepted(story)
    result = made(story.document, undo)
    for fails in story.fates:
        order = {"order": story.order}
        try:
            after = play(result, fails, undo=undo, given=order, queue_is_down=True)
        except EndlessError:
            continue
        expected = [n for n in reversed(after.done) if n in undo and f"undo {n}" not in fails]
        assert after.undone == (expected if after.run.status == "FAILED" else [])


def test_the_oracle_knows_a_definite_error() -> None:
    unsure = undoing("A", unsure=True, definite=["Declined"])
    assert may_have_taken_effect(unsure, "Odd")
    assert not may_have_taken_effect(unsure, "Declined")
    assert not may_have_taken_effect(undoing("A"), "Odd")
