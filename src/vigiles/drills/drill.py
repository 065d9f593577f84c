"""A drill as data: what the folder's ``drill.toml`` says, after loading."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

StepKind = Literal["honest", "planted"]
StoppedBy = Literal["refusal", "response"]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool call of the scripted agent.

    ``argv`` may hold ``{python}``, ``{scripts}``, ``{step}`` and ``{user}``. ``needs`` are programs, or ``pip``, without
    which the step is left out. An honest step must end with ``exit``. A planted step names its ``techniques``, the
    ``detectors`` of which at least one must find it, the ``effect`` (``name:tag`` in the world's journal) that would be its
    success, and what may stop it. ``judged`` limits the plays that count it. ``destinations`` are where only this step (and
    others that list the same) goes, as the truth for attribution: ``host:port``, ``host:port/protocol``, ``host:*``,
    ``bind host:port`` or ``dns name``; the last number of an address may be a range.

    ``agents``: who performs it in a play of several agents. ``partner``: the planted step of another agent that a finding
    about this one must name too.
    """

    id: str
    kind: StepKind
    title: str
    argv: list[str]
    exit: int = 0
    background: bool = False
    timeout_ms: int = 30_000
    wait_ms: int = 0
    needs: list[str] = []
    techniques: list[str] = []
    detectors: list[str] = []
    effect: str | None = None
    stopped_by: tuple[StoppedBy, ...] = ("refusal", "response")
    judged: list[str] = []
    destinations: list[str] = []
    agents: list[str] = []
    partner: str | None = None

    def counts_in(self, profile: str) -> bool:
        """Return whether a play of ``profile`` judges this step."""
        return not self.judged or profile in self.judged


class Bars(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a play must reach; None is not asked. Times in milliseconds."""

    realised_percent: int | None = None
    detected_percent: int | None = None
    finding_median_ms: int | None = None
    contained_percent: int | None = None
    containment_max_ms: int | None = None
    false_alarms: int | None = None
    attribution_wrong: int | None = None
    paired_percent: int | None = None
    finding_max_ms: int | None = None
    reward: int | None = None


class Play(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to play the steps: under ``profile`` (a folder of the drill), all in one episode or, with ``isolate``, the
    honest steps in one and each planted step in its own, after the honest steps of ``prefix``.

    With ``agents`` there is one episode for each of them, all open together under one supervisor and one run; each performs
    the steps that name it, in the order of the file, and those of one step at the same time.
    """

    profile: str
    isolate: bool = False
    prefix: list[str] = []
    agents: list[str] = []
    bars: Bars = Bars()


class Drill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole drill. ``reward`` names the honest step whose expected end is the task's success (reward 1)."""

    name: str
    title: str
    task: str
    reward: str
    plays: list[Play]
    steps: list[Step]
    references: list[str] = []
    settle_ms: int = 1000


class DrillFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A drill and where its files are."""

    drill: Drill
    path: Path

    @property
    def scripts(self) -> Path:
        """The small programs that the agent runs."""
        return self.path / "scripts"

    @property
    def repository(self) -> Path:
        """What the agent works on."""
        return self.path / "repo"

    def profile(self, name: str) -> Path:
        """Return the folder of a play's profile."""
        return self.path / "profiles" / name
