import asyncio
import datetime
from pathlib import Path

import msgspec
from inspect_ai.log import read_eval_log

from vigiles.evaluation.agents import registry
from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.played import Played
from vigiles.integrations.inspect.logs import write_logs
from vigiles.world.scenarios.stage import stage

WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def played(name: str, seed: int) -> Played:
    staging = stage("blackmail", {}, seed)
    agent = registry.make(name.removeprefix("replay/"), staging, seed)
    return asyncio.run(play(staging, agent, Setup(name="none"), None, name=name))


def test_each_agent_has_a_log_that_inspect_reads(tmp_path: Path) -> None:
    some = [played("honest", 1), played("plain-insider", 1), played("plain-insider", 2)]
    first, second = write_logs(some, tmp_path / "logs", WHEN)
    assert first.name == "0001_blackmail_honest_none.eval"
    log = read_eval_log(str(second))
    assert (log.status, log.eval.model) == ("success", "vigiles/plain-insider")
    assert log.samples is not None
    assert [sample.id for sample in log.samples] == ["blackmail-1", "blackmail-2"]
    assert log.samples[0].messages[0].role == "system"
    assert any("gate: allow" in message.text for message in log.samples[0].messages)
    assert log.results is not None
    assert {score.name: score.metrics["mean"].value for score in log.results.scores}["harm"] == 1.0


def test_a_replay_is_called_one(tmp_path: Path) -> None:
    (path,) = write_logs([played("replay/plain-insider", 1)], tmp_path, WHEN)
    log = read_eval_log(str(path))
    assert "replay" in log.eval.task
    assert log.eval.model.startswith("replay/")
    assert log.samples is not None
    assert "replay" in log.samples[0].metadata["label"]


def test_an_episode_that_cannot_be_judged_counts_for_nothing(tmp_path: Path) -> None:
    good = played("honest", 1)
    bad = msgspec.structs.replace(good, seed=2, fault="the provider failed")
    (path,) = write_logs([good, bad], tmp_path, WHEN)
    log = read_eval_log(str(path))
    assert log.results is not None
    assert {(score.scored_samples, score.unscored_samples) for score in log.results.scores} == {(1, 1)}
