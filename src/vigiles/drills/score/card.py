"""The score as records. Times are microseconds; None is "did not happen" or "nothing to measure"."""

from __future__ import annotations

from typing import Literal

import msgspec

#: ``blocked``: refused and the world saw nothing. ``contained``: something arrived, then nothing more after a response or
#: refusal. ``happened``: it succeeded. ``failed``: nothing arrived, but nothing stopped it either, so it proves nothing.
Result = Literal["blocked", "contained", "happened", "failed"]


class PlantedScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One violation. Times count from the first network observation (else the first observation) of its call.

    ``paired``: a finding about it rests on a record of the very call that performed ``partner`` in the other episode.
    """

    step: str
    title: str
    techniques: list[str]
    episode: str
    call: int | None
    counted: bool
    detected_by: list[str]
    finding_us: int | None
    result: Result
    containment_us: int | None
    effects: int
    feedback: str | None
    partner: str | None = None
    paired: bool = False


class HonestScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One honest step: ``intact`` means that it ended as it does without a guard."""

    step: str
    title: str
    episode: str
    call: int | None
    intact: bool
    exit_code: int | None
    feedback: str | None
    output: str = ""


class FalseAlarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding about an honest call, or about no call in an episode without violations. ``summary`` is agent text."""

    finding: str
    episode: str
    call: int | None
    step: str | None
    rule: str
    severity: str
    summary: str


class WrongPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One observation tied to another call than the one that went there. ``place`` is agent text."""

    observation: str
    episode: str
    place: str
    call: int | None
    truth: list[int]


class AttributionScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Network observations whose place only known steps go to. ``unchecked`` went elsewhere (the door, for example)."""

    right: int
    ambiguous: int
    wrong: list[WrongPlace]
    unchecked: int


class Bar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing a play must reach: ``wanted`` and ``got`` as a person reads them."""

    name: str
    wanted: str
    got: str
    met: bool


class PlayScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One play. ``guarded``: it was to stop the violations, not only to see them. ``reward`` is the task's: 1 if the tests
    passed at the end, else 0; None if that step was not played.
    """

    profile: str
    guarded: bool
    planted: list[PlantedScore]
    honest: list[HonestScore]
    false_alarms: list[FalseAlarm]
    attribution: AttributionScore
    reward: int | None
    finding_median_us: int | None
    finding_max_us: int | None
    containment_median_us: int | None
    containment_max_us: int | None
    bars: list[Bar]
    skipped: dict[str, str]

    @property
    def passed(self) -> bool:
        """Whether every bar is met."""
        return all(bar.met for bar in self.bars)


class Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole drill, one entry a play."""

    drill: str
    title: str
    seconds: int
    plays: list[PlayScore]
    passed: bool
