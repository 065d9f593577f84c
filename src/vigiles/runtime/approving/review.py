"""A person's word on what was held back of an episode: each file applied or discarded is an act that passes the gate.

The episode is over and its supervisor gone, so this makes a gate of its own, with the rules that were in force then, as the
ledger has them. The act is an *approval* by the person whose user id the kernel tells; its result says what came of it.
The order is: act and verdict on the disk; the file written and on the disk; the list of what is held; the result. So a
crash anywhere leaves the file held, or applied and held, and to apply it again is then an act that finds nothing to do.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec

from vigiles.cell.changes import held_list
from vigiles.cell.changes.held_files import Held, Hold
from vigiles.cell.changes.take_over import standing, take_over
from vigiles.gate.gate import Gate
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import NotFound, VigilesError
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import ruleset_of
from vigiles.runtime.applying import record_of

Word = Literal["apply", "discard"]
_TOOL: dict[Word, str] = {"apply": "apply_held_file", "discard": "discard_held_file"}


@dataclass(frozen=True)
class Answer:
    """What came of one word. ``outcome``: ``applied``, ``discarded``, ``gone`` (somebody else was faster), ``refused`` (by
    the gate) or ``held`` (as before, for ``why``). ``one`` is the held change as it is now.
    """

    one: Held
    outcome: Literal["applied", "discarded", "gone", "refused", "held"]
    why: str = ""
    rules: tuple[str, ...] = ()


class Review:
    """The review of one episode. A context manager; it speaks to the recorder when the first word is given."""

    def __init__(self, home: Path, coordinates: Coordinates) -> None:
        self._home = home
        self._coordinates = msgspec.structs.replace(coordinates, call=None, turn=None, label=None)
        self.folder = held_list.folder_of(home, coordinates.episode)
        self._ledger: Blocking | None = None
        self._gate: Gate | None = None
        self._person = person()
        self._done: dict[str, list[str]] = {"applied": [], "discarded": []}

    def held(self) -> list[Held]:
        """Return what is held now. Raises :class:`InputInvalid` if the list cannot be read."""
        listed = held_list.load(self.folder)
        return [] if listed is None else listed.held

    def give(self, one: Held, word: Word, expected: str | None = None) -> Answer:
        """Apply or discard one held change. ``expected`` is what must stand in its place in the work directory, by
        default what stood there when it was held.

        Raises :class:`NotFound` if the rules that were in force are not in the ledger, :class:`LedgerUnwritable`.
        """
        gate = self._open()
        act = self._act(one, word)
        answer: list[Answer] = []

        async def perform(_: Act) -> Result:
            answer.append(self._do(one, word, one.base if expected is None else expected))
            failed = answer[0].outcome not in ("applied", "discarded")
            return Result(
                id=new_id("res"),
                at=now(),
                coordinates=act.coordinates,
                act=act.id,
                outcome="failed" if failed else "performed",
                error=answer[0].why or answer[0].outcome if failed else None,
            )

        verdict, _ = asyncio.run(gate.through(act, self._person, perform))
        assert self._ledger is not None
        self._ledger.client.flush()
        if answer and answer[0].outcome in self._done:
            self._done[answer[0].outcome].append(one.path)
        return answer[0] if answer else Answer(one, "refused", verdict.reason, tuple(verdict.rules))

    def close(self) -> None:
        """Record what the review did in all, and let go of the recorder."""
        if self._ledger is None:
            return
        ledger, self._ledger = self._ledger, None
        applied, discarded = self._done["applied"], len(self._done["discarded"])
        try:
            if applied or discarded:
                with suppress(
                    VigilesError
                ):  # a list that cannot be read, or a ledger that takes no more: each act is on record
                    record = record_of(
                        self._coordinates,
                        self._person.name,
                        "review",
                        applied=applied,
                        held=self.held(),
                        discarded=discarded,
                    )
                    ledger.client.append([record], True)
        finally:
            ledger.client.close()

    def __enter__(self) -> Review:
        """Return the review."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def _act(self, one: Held, word: Word) -> Act:
        arguments = {
            "path": one.path,
            "change": one.change,
            "kind": one.kind,
            "reason": one.reason,
            "flags": list(one.flags),
            "sha256": one.sha256,
            "size": one.size,
            "mode": one.mode,
            "target": one.target,
        }
        return Act(
            id=new_id("act"),
            at=now(),
            coordinates=self._coordinates,
            principal=self._person.name,
            kind="approval",
            tool=_TOOL[word],
            arguments=arguments,
        )

    def _do(self, one: Held, word: Word, expected: str) -> Answer:
        """Do what the gate allowed, as the only one at this list."""
        try:
            with held_list.locked(self.folder):
                listed = held_list.load(self.folder)
                if listed is None or one not in listed.held:
                    return Answer(one, "gone", "it is no longer held")
                return self._under_lock(listed, one, word, expected)
        except FileNotFoundError:
            return Answer(one, "gone", "the folder of what was held is gone")

    def _under_lock(self, listed: held_list.HeldList, one: Held, word: Word, expected: str) -> Answer:
        try:
            if word == "apply":
                take_over(self.folder, listed, one, expected)
            held_list.settle(self.folder, listed, one)
        except Hold as hold:
            why = hold.detail or hold.reason
            return Answer(self._again(listed, one) if hold.reason == "changed_meanwhile" else one, "held", why)
        except OSError as error:
            return Answer(one, "held", error.strerror or str(error))
        return Answer(one, "applied" if word == "apply" else "discarded")

    def _again(self, listed: held_list.HeldList, one: Held) -> Held:
        """Hold a change again, against what stands in its place by now: who looks again then knows what it would replace."""
        try:
            again = msgspec.structs.replace(one, base=standing(listed, one), detail="what it would replace has changed")
            held_list.save(
                self.folder,
                held_list.HeldList(workdir=listed.workdir, held=[again if other == one else other for other in listed.held]),
            )
        except (Hold, OSError):
            return one
        return again

    def _open(self) -> Gate:
        if self._gate is None:
            ruleset = ruleset_in_force(self._home, self._coordinates.episode)
            self._ledger = Blocking(SyncRecorderClient(self._home))
            self._gate = Gate(
                self._ledger, ruleset.judge, ruleset.digest, BudgetState(now().mono_us), lambda: None, lambda _: None
            )
        return self._gate


class Blocking:
    """The blocking client as the gate wants it: there is nobody here who could work meanwhile."""

    def __init__(self, client: SyncRecorderClient) -> None:
        self.client = client

    async def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        """Append and return the indexes."""
        return self.client.append(records, durable)

    def post(self, record: Recorded) -> None:
        """Append without waiting."""
        self.client.post(record)


def person() -> PrincipalRef:
    """Return who runs this process, by the user id that the kernel tells; no variable is asked."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid-{uid}"
    return PrincipalRef(kind="person", name=name, attributes={"uid": str(uid)})


def ruleset_in_force(home: Path, episode: str) -> Ruleset:
    """Return the rules that were in force in an episode, as the ledger has them. Raises :class:`NotFound`."""
    with LedgerReader(home) as reader:
        for _, record in reader.records(type=str(RulesetInForce.__struct_config__.tag), episode=episode):
            if isinstance(record, RulesetInForce):
                return ruleset_of(record.text)
    raise NotFound(
        f"the rules that were in force in {episode} are not in the ledger, so nobody can judge what to do with its files",
        f"Look at what lies in {held_list.folder_of(home, episode)} and copy what you trust by hand.",
    )
