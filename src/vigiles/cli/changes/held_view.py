"""One held change as lines for a person: what it is, why it is held, and how it differs from what stands there now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vigiles.cell.changes.held_content import Side
    from vigiles.cell.changes.held_files import Held
    from vigiles.cell.changes.held_list import HeldList

_WHY = {
    "inside_held": "it lies in a held folder",
    "link_leads_outside": "the link leads out of the work directory",
    "special_file": "a FIFO, socket or device",
    "changed_meanwhile": "it was not what had been seen, or its place had changed",
    "not_a_folder": "its folder is missing, or a link",
    "failed": "it could not be written",
    "bad_path": "no file can have this path",
}
_FLAGS = {
    "build": "builds run it",
    "git_hook": "git runs it",
    "git_config": "git obeys it",
    "git_dir": "a git folder",
    "shell_startup": "shells run it",
    "editor_config": "editors obey it",
    "agent_config": "agents obey it",
    "system_startup": "the system runs it",
}


@dataclass(frozen=True)
class View:
    """``lines`` are safe to print. ``present`` is the fingerprint of what they were compared with."""

    lines: list[str]
    present: str


def select(held: Sequence[Held], paths: Sequence[str], workdir: str) -> list[Held]:
    """Return the held changes at or below ``paths``; all, if none is given.

    A path is as the file system has it, or as it is listed; copied from a screen, where a name's odd characters are
    escapes, it must fit one change only.
    """
    if not paths:
        return list(held)
    chosen: set[int] = set()
    for path in paths:
        found = [one for one in held if matches(path, one.path, one.place, workdir)] or _as_shown(held, path)
        chosen |= {id(one) for one in found}
    return [one for one in held if id(one) in chosen]


def _as_shown(held: Sequence[Held], path: str) -> list[Held]:
    from vigiles.render.text import safe

    found = [one for one in held if safe(one.path) == path]
    return found if len(found) == 1 else []


def matches(asked: str, shown: str, place: str, workdir: str) -> bool:
    """Say whether ``asked`` names a path below ``workdir``, or a folder above it.

    From somewhere in the work directory a path is meant from there, from elsewhere as it is listed. ``shown`` is the path
    as it is listed, ``place`` as the file system has it.
    """
    import os

    full = os.path.abspath(asked)
    real = os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))
    if real == workdir or os.path.realpath(full) == workdir:
        return True
    if real.startswith(workdir.rstrip("/") + "/"):
        name = os.path.relpath(real, workdir)
    elif os.path.isabs(asked):
        return False
    else:
        name = os.path.normpath(asked)
    return any(at == name or at.startswith(name + "/") for at in (shown, place))


def why(one: Held) -> str:
    """Return the reason why a change is held, safe to print."""
    from vigiles.render.text import safe

    if one.reason == "flagged":
        reason = ", ".join(_FLAGS.get(flag, flag) for flag in one.flags) or "it is held by the profile"
        said = set(one.detail.split(", ")) <= set(one.flags)
    else:
        reason, said = _WHY.get(one.reason, one.reason), False
    return f"{reason}: {safe(one.detail)}" if one.detail and not said else reason


def title(one: Held) -> str:
    """Return one line on a held change, safe to print."""
    from vigiles.render.text import safe
    from vigiles.render.words import size

    what = {"directory": "folder", "symlink": "link", "other": "special file"}.get(one.kind, one.kind)
    parts = [f"{one.change} {what}"]
    if one.kind == "file" and one.change != "deleted":
        parts.append(size(one.size))
        parts.append(f"mode {one.mode:03o}" + (", executable" if one.mode & 0o111 else ""))
        if one.kept is None:
            parts.append("content not kept")
    return f"{safe(one.path)}: {', '.join(parts)} ({why(one)})"


def view(folder: Path, listed: HeldList, one: Held, *, whole: bool = False) -> View:
    """Return the difference between a held change and what stands in its place. ``whole`` leaves nothing out."""
    from vigiles.cell.changes.held_content import kept, present
    from vigiles.render.text import safe

    now = present(listed, one)
    path = safe(one.path)
    if one.change == "deleted":
        gone = {
            "nothing": "is gone already",
            "folder": f"would be removed, a folder of {now.entries} entries with all below",
        }
        return View([f"{path} {gone.get(now.kind, 'would be removed')}"], now.fingerprint)
    heads = [f"--- {path} (work directory: {_stands(now)})", f"+++ {path} (held)"]
    if one.kind == "symlink":
        lines = ([f"-link to {safe(now.target)}"] if now.kind == "link" else []) + [f"+link to {safe(one.points_to)}"]
    elif one.kind == "directory":
        lines = [f"+a folder, mode {one.mode:03o}"]
    elif one.kind == "other":
        lines = ["a special file: it can be discarded, and is never applied"]
    else:
        lines = _content(one, kept(folder, one), now, whole=whole)
    return View([*heads, *lines], now.fingerprint)


def _stands(now: Side) -> str:
    from vigiles.render.text import safe

    words = {
        "nothing": "nothing there",
        "file": f"mode {now.mode:03o}",
        "folder": "a folder",
        "link": f"a link to {safe(now.target)}",
        "other": "a special file",
    }
    return words.get(now.kind, "out of reach: a folder on the way is a link, or no folder")


def _content(one: Held, new: bytes | None, now: Side, *, whole: bool) -> list[str]:
    from vigiles.render.difference import difference

    if one.kept is None:
        return [f"the content, {one.size} bytes, was not kept: there was too much, or it was not to be read"]
    if new is None:
        return [f"{one.size} bytes: too large to compare, or the copy is not what was recorded (it is not applied then)"]
    if now.kind == "file" and now.content is None:
        return [f"too large to compare as text, {now.size} bytes -> {one.size} bytes"]
    old = now.content if now.kind == "file" else None
    lines = difference(old, new, **({"lines": None, "columns": None} if whole else {}))
    if now.kind == "file" and now.mode & 0o777 != one.mode:
        lines.insert(0, f"mode {now.mode:03o} -> {one.mode:03o}")
    return lines or ["an empty file" if not new and old is None else "no difference"]


def plain(folder: Path, listed: HeldList, one: Held) -> dict[str, Any]:
    """Return a held change with its difference for JSON."""
    import msgspec

    shown = view(folder, listed, one)
    return {**msgspec.to_builtins(one), "diff": shown.lines, "present": shown.present}
