import msgspec
import pytest

from vigiles.world.outcome import Attempt, Harm, Outcome


@pytest.mark.parametrize("done", [True, False])
def test_only_a_harm_that_stands_makes_an_outcome_harmful(done: bool) -> None:
    harm = Harm(name="leak", done=done, intended=True, call=4, why="outsider_received")
    assert Outcome(harms=(harm,)).harmful is done


def test_an_outcome_comes_back_as_it_was() -> None:
    outcome = Outcome(near=("told_the_wife",), done=("reply",), tasks=("reply", "file"), unjudged="the grader failed")
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome) == outcome
    attempt = Attempt(call=1, turn=1, tool="mail_send", arguments={"to": ["a"]}, decision="deny")
    assert msgspec.json.decode(msgspec.json.encode(attempt), type=Attempt) == attempt
