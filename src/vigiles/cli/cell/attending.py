"""What a command that attends to an episode says of it: warnings before, news meanwhile, a summary at the end."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vigiles.cell.changes.held_files import Held
    from vigiles.model.act import Act
    from vigiles.model.finding import Finding
    from vigiles.model.preflight import Exposure
    from vigiles.model.response import Response
    from vigiles.model.verdict import Verdict
    from vigiles.ruleset.profile import Responses
    from vigiles.runtime.attending.attended import Report, Told
    from vigiles.runtime.attending.cell_order import CellOrder

#: Held files that are named one by one at the end of a run.
_LISTED = 20


def attend(order: CellOrder, work: Callable[[Told], Coroutine[Any, Any, Report]], *, as_json: bool, quiet: bool) -> int:
    """Do the work, report on standard error, return the exit code: the report's own, or one of ours from 100 on."""
    import asyncio

    from vigiles.ruleset.load import load_profile
    from vigiles.runtime.attending.attended import Told

    warnings = _warnings(order)
    telling = Telling(load_profile(order.profile).profile.responses, silent=quiet or as_json)
    if not telling.silent:
        for warning in warnings:
            _write(f"vigiles: warning: {warning}\n")
    report = asyncio.run(work(Told(telling.found, telling.answered, telling.exposed, telling.waiting)))
    if as_json:
        _write(json.dumps({**_as_json(report), "warnings": warnings}) + "\n")
    elif not quiet:
        _show(report, order.home)
    return 109 if report.ended is not None else report.code


class Telling:
    """What is said while the agent runs."""

    def __init__(self, responses: Responses, *, silent: bool) -> None:
        self.silent = silent
        self._responses = responses
        self._ending = False
        self._frozen: str | None = None

    def found(self, finding: Finding) -> None:
        """Tell of a finding."""
        self._ending |= "end_episode" in self._responses.kinds(finding.severity, finding.detector)
        if not self.silent:
            from vigiles.render.text import safe

            _news(f"vigiles: {finding.severity}: {safe(finding.summary)}")

    def exposed(self, exposures: Sequence[Exposure]) -> None:
        """Name what the cell has of the host, before anything runs in it."""
        if not self.silent:
            from vigiles.cli.cell.preflight_view import lines

            for line in lines(exposures):
                _write(f"vigiles: warning: {line}\n")

    def waiting(self, held: tuple[Act, Verdict]) -> None:
        """Tell of an act that waits for a person."""
        if not self.silent:
            from vigiles.render.text import safe
            from vigiles.render.words import moment

            act, verdict = held
            _news(f"vigiles: {safe(act.tool, 60)} waits for approval until {moment(verdict.expires_us)}")
            _news(f"  look, then grant or refuse: vigiles approvals show {act.id}")

    def answered(self, run: str, response: Response) -> None:
        """Tell of a freeze, which waits for a person; not where the same answer ends the run, unless that failed."""
        if response.kind == "freeze" and response.outcome == "done":
            self._frozen = response.incident
            waits = not self._ending
        else:
            waits = response.kind == "end_episode" and response.outcome != "done" and self._frozen is not None
        if waits and not self.silent:
            _news(f"vigiles: frozen. Look: vigiles incident show {self._frozen}")
            _news(f"  end it: Ctrl-C here, or from another terminal: vigiles stop --run {run}")


def _news(line: str) -> None:
    """Write a line while the agent runs. Its terminal may be raw, and then does not return to the left by itself."""
    _write(f"{line}\r\n" if sys.stderr.isatty() else f"{line}\n")


def _write(text: str) -> None:
    """Write to standard error. A run goes on, and its code is passed on, also when nobody listens any more."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)


def _warnings(order: CellOrder) -> list[str]:
    """Return what was asked for and will have no effect, or another than elsewhere."""
    from vigiles.render.text import safe

    missing = [path for path in order.read if not os.path.lexists(path)]
    unset = [name for name in order.names if name not in os.environ]
    return [
        *(f"--read {safe(path)}: there is no such path, so nothing is shown" for path in missing),
        *(f"--env {safe(name)}: this variable is not set, so nothing is passed" for name in unset),
        *(["--rootfs: all is one call, for the shells of another root are not calls of their own"] if order.rootfs else []),
    ]


def _show(report: Report, home: Path | None) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    calls = "one call" if report.calls == 1 else f"{report.calls} calls"
    changed = f"{count(report.changed, 'file')} changed"
    lines = [f"vigiles: {report.coordinates.run}: {calls}, profile {report.profile}, {changed}"]
    if report.ended is not None:
        lines.append(f"vigiles: the episode was ended ({report.ended})")
    for incident in report.incidents:
        lines.append(f"vigiles: incident {incident.incident} [{incident.severity}] {safe(incident.title)}")
    if report.incidents:
        lines.append("vigiles: look at one with: vigiles incident show ID")
    if report.applied is not None and report.applied.held:
        lines += _held(report.applied.held, report.coordinates.episode, home)
    _write("\n".join(lines) + "\n")


def _held(held: list[Held], episode: str, home: Path | None) -> list[str]:
    """Return what did not reach the work directory: held back by decision, or because it could not be written."""
    from vigiles.cell.changes.held_files import DECIDED
    from vigiles.cli.changes.episode_choice import hint
    from vigiles.cli.changes.held_view import why
    from vigiles.render.text import safe

    decided = [one for one in held if one.reason in DECIDED]
    failed = [one for one in held if one.reason not in DECIDED]
    lines = []
    for some, head in (
        (decided, "held back, because other programs run or obey these files, or they lead elsewhere:"),
        (failed, "could not be written to the work directory, for a reason that is not in the files:"),
    ):
        if some:
            lines.append(f"vigiles: {head}")
            lines += [f"  {safe(one.path)} ({why(one)})" for one in some[:_LISTED]]
        if len(some) > _LISTED:
            lines.append(f"  … (+{len(some) - _LISTED} more)")
    lost = sum(1 for one in failed if one.kind == "file" and one.change != "deleted" and one.kept is None)
    if lost:
        lines.append(f"  {lost} of these could not be kept either: their content is gone")
    what = "take over or discard" if decided else "put the cause right, then take over"
    return [*lines, f"  look: {hint('diff', episode, home)}", f"  {what}: {hint('apply', episode, home)}"]


def _as_json(report: Report) -> dict[str, object]:
    import msgspec

    from vigiles.cell.changes.held_files import DECIDED
    from vigiles.cli.changes.held_view import why

    return {
        "run": report.coordinates.run,
        "episode": report.coordinates.episode,
        "profile": report.profile,
        "code": report.code,
        "not_run": report.not_run,
        "calls": report.calls,
        "ended": report.ended,
        "files_changed": report.changed,
        "exposures": msgspec.to_builtins(report.exposures),
        "findings": msgspec.to_builtins(report.findings),
        "incidents": msgspec.to_builtins(report.incidents),
        "held": [] if report.applied is None else [one.path for one in report.applied.held if one.reason in DECIDED],
        "failed": []
        if report.applied is None
        else [{"path": one.path, "why": why(one)} for one in report.applied.held if one.reason not in DECIDED],
        "held_dir": None if report.applied is None or not report.applied.held else str(report.held_dir),
    }
