"""``vigiles diff``: what an episode did to its work directory, call by call; what of it is held back, as a difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.changes.episode_choice import choose, hint, split, words_argument
from vigiles.cli.shared_options import home_option, json_option

if TYPE_CHECKING:
    from vigiles.cell.changes.held_list import HeldList
    from vigiles.ledger.query import LedgerReader
    from vigiles.model.attribution import Attribution
    from vigiles.model.episode import EpisodeOpened
    from vigiles.model.observation.files import FileChange
    from vigiles.model.union import Recorded

#: Rows of one call, and held files with their differences, that are printed; JSON has all.
_ROWS, _DIFFERENCES = 500, 100
_DIGEST = 12
#: Room for what says how much of a command line is not shown.
_MARKS = 10


@dataclass(frozen=True)
class Options:
    """``episode`` as :func:`choose` takes it; ``paths``: only these; ``call``: only this one's."""

    home: Path
    episode: str = "last"
    paths: Sequence[str] = ()
    call: int | None = None
    as_json: bool = False
    stat: bool = False
    whole: bool = False


@dataclass
class Group:
    """The changes of one call, or of calls that cannot be told apart. ``asked``: the call's argv, or its tool."""

    attribution: Attribution
    asked: list[str] = field(default_factory=list)
    changes: list[tuple[int, FileChange]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Whose changes these are."""
        if self.attribution.call is not None:
            return f"call {self.attribution.call}"
        candidates = " or ".join(map(str, self.attribution.candidates))
        return f"call {candidates}" if candidates else "no call known"


@dataclass
class _Found:
    opened: EpisodeOpened
    over: bool
    groups: list[Group]
    missed: list[tuple[str, int]]
    since: list[str]
    workdir: str


def run(options: Options) -> int:
    """Print it. Raises :class:`NotFound`, :class:`InputInvalid`, :class:`LedgerInvalid`."""
    from vigiles.cell.changes import held_list
    from vigiles.cli.current_folder import check_here
    from vigiles.ledger.query import LedgerReader
    from vigiles.model.errors import InputInvalid, NotFound

    if options.paths:
        check_here()
    with LedgerReader(options.home) as reader:
        opened = choose(reader, options.episode)
        found = _find(reader, opened, options)
    assert opened.coordinates is not None
    folder = held_list.folder_of(options.home, opened.coordinates.episode)
    try:
        listed = held_list.load(folder) or held_list.HeldList(workdir=found.workdir, held=[])
    except InputInvalid as error:  # what the ledger has can be told all the same
        listed = held_list.HeldList(workdir=found.workdir, held=[])
        found.missed.append((f"held files: {error}", 1))
    listed = _chosen(listed, found, options)
    if options.call is not None and not found.groups and not _had_call(options, opened):
        raise NotFound(f"the episode has no call {options.call}", "See its calls: vigiles ledger query --type act")
    if options.as_json:
        click.echo(json.dumps(_plain(found, folder, listed), indent=2))
    else:
        click.echo("\n".join(_lines(found, folder, listed, options)))
    return 0


def _had_call(options: Options, opened: EpisodeOpened) -> bool:
    from vigiles.ledger.query import LedgerReader

    assert opened.coordinates is not None
    with LedgerReader(options.home) as reader:
        return any(True for _ in reader.records("act", episode=opened.coordinates.episode, call=options.call, limit=1))


def _find(reader: LedgerReader, opened: EpisodeOpened, options: Options) -> _Found:
    """Read the episode's records: file changes by call, what was not seen, what was said of held files since."""
    from vigiles.model.observation.files import FileChange

    assert opened.coordinates is not None
    episode = opened.coordinates.episode
    changes = [(n, r) for n, r in reader.records("file_change", episode=episode) if isinstance(r, FileChange)]
    workdir = opened.workdir or ""
    groups: dict[tuple[int | None, tuple[int, ...]], Group] = {}
    for index, change in changes:
        who = change.attribution
        if options.call is not None and options.call != who.call and options.call not in who.candidates:
            continue
        if options.paths and not _matches(change, options.paths, workdir):
            continue
        key = (who.call, tuple(who.candidates))
        groups.setdefault(key, Group(who)).changes.append((index, change))
    said = _asked(reader, episode) if groups else {}
    for group in groups.values():
        group.asked = said.get(group.attribution.call or 0, [])
    return _Found(
        opened=opened,
        over=any(True for _ in reader.records("episode_ended", episode=episode, limit=1)),
        groups=sorted(groups.values(), key=lambda group: group.changes[0][0]),
        missed=_missed(reader, episode),
        since=[
            *_at_the_end(reader, episode),
            *_since(reader.records("act", episode=episode), reader.records("result", episode=episode)),
        ],
        workdir=workdir,
    )


def _missed(reader: LedgerReader, episode: str) -> list[tuple[str, int]]:
    """Return what the ledger does not have one by one: what, how often."""
    from vigiles.model.observation.flood import Flood
    from vigiles.model.observation.sensor import Gap

    gaps = [gap for _, gap in reader.records("gap", episode=episode) if isinstance(gap, Gap) and gap.sensor == "overlay"]
    floods = [flood for _, flood in reader.records("flood", episode=episode) if isinstance(flood, Flood)]
    return [
        *((gap.what, gap.count) for gap in gaps),
        *((f"file changes counted together: {one.what}", one.count) for one in floods if one.kind == "file_change"),
    ]


def _matches(change: FileChange, paths: Sequence[str], workdir: str) -> bool:
    from vigiles.cli.changes.held_view import matches

    below = relative(change.path, workdir)
    return any(matches(path, below, below, workdir) for path in paths)


def relative(path: str, workdir: str) -> str:
    """Return a path of the cell as it is below the work directory, where it is."""
    return path.removeprefix(workdir.rstrip("/") + "/") if workdir else path


def _asked(reader: LedgerReader, episode: str) -> dict[int, list[str]]:
    """Return call -> its argv or tool."""
    from vigiles.model.act import Act

    said: dict[int, list[str]] = {}
    for _, act in reader.records("act", episode=episode):
        if isinstance(act, Act) and act.coordinates is not None and act.coordinates.call is not None:
            said.setdefault(act.coordinates.call, act.process.argv if act.process is not None else [act.tool])
    return said


def _at_the_end(reader: LedgerReader, episode: str) -> list[str]:
    """Return a line for what the end of the episode did to the work directory, safe to print."""
    from vigiles.incidents.describe import applied_line
    from vigiles.model.applied import FilesApplied

    records = reader.records("files_applied", episode=episode)
    return [applied_line(one) for _, one in records if isinstance(one, FilesApplied) and one.reason == "episode_end"]


def _since(acts: Iterator[tuple[int, Recorded]], results: Iterator[tuple[int, Recorded]]) -> list[str]:
    """Return a line for each held file that somebody has applied or discarded, safe to print."""
    from vigiles.model.act import Act
    from vigiles.model.result import Result
    from vigiles.render.text import safe
    from vigiles.render.words import moment

    done = {r.act for _, r in results if isinstance(r, Result) and r.outcome == "performed"}
    words = {"apply_held_file": "applied", "discard_held_file": "discarded"}
    return [
        f"{words[act.tool]} by {safe(act.principal)}, {moment(act.at.wall_us)}: {safe(str(act.arguments.get('path')))}"
        for _, act in acts
        if isinstance(act, Act) and act.kind == "approval" and act.tool in words and act.id in done
    ]


def _chosen(listed: HeldList, found: _Found, options: Options) -> HeldList:
    """Return the list with what was asked for only."""
    import msgspec

    from vigiles.cli.changes.held_view import select

    held = select(listed.held, options.paths, listed.workdir)
    if options.call is not None:
        its = {relative(change.path, found.workdir) for group in found.groups for _, change in group.changes}
        held = [one for one in held if one.path in its]
    return msgspec.structs.replace(listed, held=held)


def _lines(found: _Found, folder: Path, listed: HeldList, options: Options) -> list[str]:
    from vigiles.cli.changes.held_view import title, view
    from vigiles.render.text import safe
    from vigiles.render.words import count

    assert found.opened.coordinates is not None
    where = found.opened.coordinates
    lines = [f"{safe(where.episode)} of {safe(where.run)}" + ("" if found.over else ", still open or never ended")]
    if found.workdir:
        lines.append(f"work directory: {safe(found.workdir)}")
    total = sum(len(group.changes) for group in found.groups)
    for group in found.groups:
        lines += ["", *_group(group, found.workdir, {one.path for one in listed.held}, stat=options.stat)]
    lines += ["", f"{count(total, 'change')}, {count(len(listed.held), 'file')} held back"]
    lines += [f"not seen: {safe(what)} ({number})" for what, number in found.missed]
    lines += found.since
    if options.stat or not listed.held:
        return lines
    for one in listed.held[:_DIFFERENCES]:
        lines += ["", f"held back: {title(one)}", *view(folder, listed, one, whole=options.whole).lines]
    if len(listed.held) > _DIFFERENCES:
        lines.append(f"… (+{len(listed.held) - _DIFFERENCES} held files; name some, or use --json)")
    return [*lines, "", f"take over or discard: {hint('apply', where.episode, options.home)}"]


def _group(group: Group, workdir: str, held: set[str], *, stat: bool) -> list[str]:
    from vigiles.cli import columns
    from vigiles.render.text import safe, safe_argv
    from vigiles.render.words import count, size

    grades = {
        "exact": "exact",
        "inferred": "inferred: no other call lived",
        "ambiguous": "ambiguous: these calls were open at once",
        "none": "no call was open",
    }
    head = f"{group.name} ({grades[group.attribution.grade]})"
    if group.asked:
        room = (columns.width() or 160) - len(head) - _MARKS
        head += "  " + safe(safe_argv(group.asked, 300), max(room, 12))
    if stat:
        kinds = ("created", "modified", "deleted", "moved")
        numbers = {kind: sum(1 for _, change in group.changes if change.change == kind) for kind in kinds}
        told = ", ".join(f"{number} {kind}" for kind, number in numbers.items() if number)
        return [head, f"  {told}, {size(sum(change.size for _, change in group.changes))}"]
    rows = [_row(change, workdir, held) for _, change in group.changes[:_ROWS]]
    lines = [line for block in columns.blocks(rows, columns.width(), kept=3, right={1}) for line in block]
    more = len(group.changes) - _ROWS
    return [head, *lines, *([f"  … (+{count(more, 'change')}; --json has all)"] if more > 0 else [])]


def _row(change: FileChange, workdir: str, held: set[str]) -> Any:
    from vigiles.cli import columns
    from vigiles.render.text import safe
    from vigiles.render.words import size

    path = relative(change.path, workdir)
    kinds = {"directory": " (folder)", "other": " (special file)", "file": "", "symlink": " (link)"}
    text = safe(path) + kinds[change.kind]
    if change.target is not None:
        text = f"{safe(path)} -> {safe(change.target)}"
    if change.moved_from is not None:
        text += f" from {safe(relative(change.moved_from, workdir))}"
    if change.flags:
        text += f" [{', '.join(change.flags)}]"
    if path in held:
        text += " held back"
    weight = size(change.size) if change.kind == "file" and change.change != "deleted" else "-"
    return columns.Row((f"  {change.change}", weight, (change.sha256 or "-")[:_DIGEST]), text)


def _plain(found: _Found, folder: Path, listed: HeldList) -> dict[str, Any]:
    import msgspec

    from vigiles.cli.changes.held_view import plain

    assert found.opened.coordinates is not None
    return {
        "run": found.opened.coordinates.run,
        "episode": found.opened.coordinates.episode,
        "workdir": found.opened.workdir,
        "ended": found.over,
        "calls": [
            {
                "call": group.attribution.call,
                "grade": group.attribution.grade,
                "candidates": group.attribution.candidates,
                "changes": [
                    {"index": index, **_change(msgspec.to_builtins(change), relative(change.path, found.workdir))}
                    for index, change in group.changes
                ],
            }
            for group in found.groups
        ],
        "held": [plain(folder, listed, one) for one in listed.held],
        "not_seen": [{"what": what, "count": number} for what, number in found.missed],
    }


def _change(record: dict[str, Any], path: str) -> dict[str, Any]:
    names = ("change", "kind", "size", "mode", "sha256", "flags", "moved_from", "target")
    return {"path": path, **{name: record[name] for name in names}}


@click.command(
    "diff",
    help="Show what an episode (the last one) did to its work directory, call by call, and what is held back.",
)
@words_argument
@click.option("--call", type=click.IntRange(min=1), default=None, help="Only what this call did, or may have done.")
@click.option("--stat", is_flag=True, help="Only numbers, no paths and no differences.")
@click.option("--whole", is_flag=True, help="Leave nothing out of a difference, however long.")
@home_option
@json_option
def command(words: tuple[str, ...], call: int | None, stat: bool, whole: bool, home: Path, as_json: bool) -> int:
    """Parse, run."""

    episode, paths = split(words)
    return run(Options(home, episode, paths, call, as_json, stat, whole))
