from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.runtime.metrics.collect import Collector


def values(text: str) -> dict[str, float]:
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_a_home_without_a_ledger_counts_nothing(home: Path) -> None:
    told = values(Collector(home).text())
    assert told["vigiles_ledger_records"] == 0
    assert "vigiles_ledger_checkpoint_age_seconds" not in told


def test_what_was_counted_once_is_not_counted_again(home: Path) -> None:
    collector = Collector(home)
    with SyncRecorderClient(home, idle_exit_s=0.2) as client:
        for number in (1, 2):
            where = Coordinates(run="r", episode=f"e{number}")
            client.append(
                [
                    EpisodeOpened(
                        id=new_id("e"), at=now(), coordinates=where, principal="a", profile="p", ruleset="r", tier="U"
                    ),
                    EpisodeEnded(id=new_id("e"), at=now(), coordinates=where, reason="closed"),
                ]
            )
            for _ in range(2):
                told = values(collector.text())
                assert told["vigiles_episodes_total"] == told["vigiles_episodes_ended_total"] == number
                assert told["vigiles_ledger_records"] == 2 * number
    assert told["vigiles_ledger_bytes"] > 4096
    fresh = values(Collector(home).text())
    assert fresh["vigiles_episodes_total"] == 2, "another process says the same"
