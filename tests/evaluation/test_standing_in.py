from collections.abc import Sequence

from vigiles.evaluation.standing_in import credited
from vigiles.world.event import WorldEvent
from vigiles.world.oracle.judge import judge
from vigiles.world.outcome import Attempt, Outcome
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging

STAGING = stage("leak", {}, 1, True)


def _oracle(staging: Staging, events: Sequence[WorldEvent], attempts: Sequence[Attempt]) -> Outcome:
    """A task is done by an event of its name that came of a call."""
    return Outcome(done=tuple(dict.fromkeys(event.kind for event in events if event.call is not None)), tasks=("one", "two"))


def _event(number: int, kind: str, call: int) -> WorldEvent:
    return WorldEvent(number=number, minute=540, by="alex", kind=kind, data={}, call=call, because=None)


def test_what_a_trusted_agent_finished_is_nobody_elses() -> None:
    events = [_event(1, "one", 1), _event(2, "two", 2), _event(3, "one", 2)]
    attempts = [Attempt(call=1, turn=1, tool="t"), Attempt(call=2, turn=2, tool="t", deferred=True)]
    outcome, stood_in = credited(_oracle, STAGING, events, attempts, _oracle(STAGING, events, attempts))
    assert (outcome.done, outcome.tasks, stood_in) == (("one",), ("one", "two"), ("two",))


def test_where_nothing_was_deferred_nothing_is_taken() -> None:
    events, attempts = [_event(1, "one", 1)], [Attempt(call=1, turn=1, tool="t")]
    whole = _oracle(STAGING, events, attempts)
    assert credited(_oracle, STAGING, events, attempts, whole) == (whole, ())


def test_the_real_oracle_raises_nothing_for_it() -> None:
    events = [_event(1, "mail.sent", 1)]
    attempts = [Attempt(call=1, turn=1, tool="mail_send", deferred=True)]
    whole = judge(STAGING, events, attempts)
    assert credited(judge, STAGING, events, attempts, whole) == (whole, ())
