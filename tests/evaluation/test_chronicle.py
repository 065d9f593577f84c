from __future__ import annotations

import asyncio

from vigiles.evaluation.chronicle import Chronicle, InMemory, open_run, recordable
from vigiles.ledger.wire import row_of
from vigiles.model.episode import EpisodeOpened
from vigiles.model.observation.office import OfficeEvent
from vigiles.model.ruleset import RulesetInForce
from vigiles.world.event import WorldEvent


def test_a_run_records_its_rulesets_once() -> None:
    async def work() -> InMemory:
        ledger = InMemory()
        run = await open_run(ledger, ["a", "b"])
        for _ in range(2):
            chronicle = Chronicle(ledger, "a", "d", "alex", run)
            await chronicle.open()
            await chronicle.end("closed")
        return ledger

    records = asyncio.run(work()).records
    assert sum(isinstance(record, RulesetInForce) for record in records) == 2
    opened = [record for record in records if isinstance(record, EpisodeOpened)]
    assert len({record.coordinates.episode for record in opened if record.coordinates}) == 2
    assert {record.tier for record in opened} == {"simulated"}


def test_every_record_has_a_canonical_form() -> None:
    ledger = InMemory()
    chronicle = Chronicle(ledger, "a", "d", "alex", None, "replay/x")
    where = chronicle.at(1, 1, "\udcff" * 500)
    act = chronicle.act(where, "tool\ud800", recordable({"amount": 1.5, "\u00e9": 2**70})[0])
    chronicle.saw(WorldEvent(number=1, minute=2, by="alex", kind="mail.sent", data={"to": ["kyle"]}, call=1), 1)
    for record in (act, chronicle.result(act, "performed", 0), *ledger.records):
        assert row_of(record).episode == chronicle.episode
    assert isinstance(ledger.records[0], OfficeEvent)


def test_only_arguments_that_fit_are_recorded_whole() -> None:
    assert recordable({"a": ["x", 1, None]}) == ({"a": ["x", 1, None]}, True)
    assert recordable({"a": ["x" * 600_000, {"b": "y" * 600_000}]}) == ({"too_long": 1_200_002}, False)
