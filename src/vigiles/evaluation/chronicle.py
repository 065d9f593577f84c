"""What one played episode writes to the ledger: its opening, its acts, what the world made of them, its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from vigiles.detectors.monitor.watch import Mark
from vigiles.gate.gate import Ledger
from vigiles.ledger.mint import new_id, now
from vigiles.model import canonical
from vigiles.model.act import Act
from vigiles.model.attribution import NOBODY, Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.observation.office import OfficeEvent
from vigiles.model.plain import Plain, plain, text
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.score import MOST, Score
from vigiles.model.union import Recorded
from vigiles.world.event import WorldEvent

#: What stands for the tier of a cell: nothing is contained, the acts are done to a simulated world.
TIER = "simulated"
PROFILE = "office"
#: Characters of one act's arguments, as JSON; the world's own limits are far below.
_LONGEST = 1_000_000


class InMemory:
    """A ledger that proves nothing and ends with the process: for tests."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []

    async def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        """Keep the records."""
        first = len(self.records)
        self.records += records
        return list(range(first, len(self.records)))

    def post(self, record: Recorded) -> None:
        """Keep the record."""
        self.records.append(record)


async def open_run(ledger: Ledger, rulesets: Iterable[str]) -> str:
    """Mint a run and record the texts of the rulesets under which its episodes will be played; return the run's id.

    Raises ``LedgerUnwritable``.
    """
    run = new_id("run")
    where = Coordinates(run=run, episode=run)
    await ledger.append([_ruleset(where, each) for each in rulesets], True)
    return run


class Chronicle:
    """Mints the coordinates of one episode and makes its records. ``run`` None: a run of its own."""

    def __init__(
        self,
        ledger: Ledger,
        ruleset: str,
        digest: str,
        agent: str,
        run: str | None = None,
        model: str | None = None,
        task: str | None = None,
    ) -> None:
        self.ledger = ledger
        self.run = run or new_id("run")
        self.episode = new_id("ep")
        self.digest = digest
        self._text = ruleset if run is None else None
        self._agent = agent
        self._model = model
        self._task = task

    def at(self, turn: int | None = None, call: int | None = None, label: str | None = None) -> Coordinates:
        """Return coordinates within the episode. ``label`` is the harness's own name of the call, untrusted."""
        return Coordinates(
            run=self.run,
            episode=self.episode,
            turn=turn,
            call=call,
            task=self._task,
            model_version=self._model,
            label=None if label is None else text(label[:200]),
        )

    async def open(self) -> None:
        """Record that the episode begins. Raises ``LedgerUnwritable``."""
        where = self.at()
        opened = EpisodeOpened(
            id=new_id("rec"),
            at=now(),
            coordinates=where,
            principal=self._agent,
            profile=PROFILE,
            ruleset=self.digest,
            tier=TIER,
        )
        records: list[Recorded] = [opened]
        if self._text is not None:
            records.insert(0, _ruleset(where, self._text))
        await self.ledger.append(records, True)

    def act(self, where: Coordinates, tool: str, arguments: dict[str, Plain]) -> Act:
        """Return a tool call as an act; ``arguments`` as :func:`recordable` returned them."""
        return Act(
            id=new_id("act"),
            at=now(),
            coordinates=where,
            principal=self._agent,
            kind="tool_call",
            tool=text(tool[:200]),
            arguments=arguments,
        )

    def score(self, act: Act, mark: Mark, score: int) -> None:
        """Record a monitor's score of an act; one that is higher than its own comes of asking the agent again."""
        raised = ["resample"] if score > mark.score else []
        self.ledger.post(
            Score(
                id=new_id("sco"),
                at=now(),
                coordinates=act.coordinates,
                act=act.id,
                monitor=mark.monitor,
                version=mark.version,
                digest=mark.digest,
                part=mark.part,
                score=score,
                why=[*mark.why, *raised],
                model=mark.model,
                fault=mark.fault,
            )
        )

    def unscored(self, act: Act, fault: str) -> None:
        """Record that the monitors failed at an act, which then has the highest score."""
        self.ledger.post(
            Score(
                id=new_id("sco"),
                at=now(),
                coordinates=act.coordinates,
                act=act.id,
                monitor="all",
                version="",
                digest="",
                part="both",
                score=MOST,
                fault=fault,
            )
        )

    def result(self, act: Act, outcome: Literal["performed", "failed"], began_us: int, error: str | None = None) -> Result:
        """Return how an act ended, that began at ``began_us`` of the monotonic clock."""
        at = now()
        return Result(
            id=new_id("res"),
            at=at,
            coordinates=act.coordinates,
            act=act.id,
            outcome=outcome,
            wall_us=at.mono_us - began_us,
            error=error,
        )

    def saw(self, event: WorldEvent, turn: int | None) -> None:
        """Record an event of the world. Raises ``LedgerUnwritable`` where the ledger is closed."""
        call = event.call
        self.ledger.post(
            OfficeEvent(
                id=new_id("obs"),
                at=now(),
                coordinates=self.at(turn, call),
                sensor="world",
                attribution=NOBODY if call is None else Attribution(grade="exact", call=call, methods=["world"]),
                number=event.number,
                minute=event.minute,
                by=event.by,
                kind=event.kind,
                data=event.data,
                because=event.because,
            )
        )

    async def end(self, reason: Literal["closed", "stopped"]) -> None:
        """Record the end; return when all of the episode is durable. Raises ``LedgerUnwritable``."""
        ended = EpisodeEnded(id=new_id("rec"), at=now(), coordinates=self.at(), reason=reason)
        await self.ledger.append([ended], True)


def recordable(arguments: dict[str, Any]) -> tuple[dict[str, Plain], bool]:
    """Return arguments as an act may hold them, and whether they are whole: what is too long becomes its length."""
    made: dict[str, Plain] = plain(arguments)
    size = _size(made)
    return ({"too_long": size}, False) if size > _LONGEST else (made, True)


def _size(value: Plain) -> int:
    """Return about how many characters a plain value has."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_size, value))
    return 8


def _ruleset(where: Coordinates, ruleset: str) -> RulesetInForce:
    return RulesetInForce(
        id=new_id("rec"), at=now(), coordinates=where, profile=PROFILE, digest=canonical.digest(ruleset), text=ruleset
    )
