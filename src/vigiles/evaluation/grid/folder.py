"""The folder of results: ``plan.json``, written first, and ``episodes.jsonl``, a line for each episode as it ends.

One run writes at a time (a lock on the results file). A run that was killed in the middle of a line leaves it torn: the next
one finds that, says so, cuts it off and plays that episode again. Any other damage is an error, never a silent gap.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from vigiles.evaluation.grid.line import Line, decode, encode
from vigiles.evaluation.grid.plan import Job, Plan, cells, digest
from vigiles.ledger.durable import make_folders
from vigiles.model.errors import InputInvalid, NotFound

PLAN = "plan.json"
EPISODES = "episodes.jsonl"
_AGAIN = "name another folder for another plan, or none to get a new one"


class Registered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pre-registration: the plan, its digest, and when it was written (wall clock), before the first episode."""

    plan: Plan
    digest: str
    written_us: int
    made_by: str


class Folder:
    """An open folder that a run writes to. ``torn``: whether the last line was not whole and was cut off."""

    def __init__(self, path: Path, registered: Registered, file: BinaryIO, lines: list[Line], torn: bool) -> None:
        self.path = path
        self.registered = registered
        self.lines = lines
        self.torn = torn
        self._file = file

    def add(self, line: Line) -> None:
        """Write one line; it is with the kernel when this returns, so that killing us cannot lose it."""
        self._file.write(encode(line))
        self._file.flush()

    def close(self) -> None:
        """Bring all lines to the disk and let others write."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_folder(path: Path, plan: Plan, now_us: int, made_by: str) -> Folder:
    """Return the folder of a plan, made and registered if it is new. Raises :class:`InputInvalid`.

    A folder with another plan, or one that another run writes to, is refused.
    """
    try:
        make_folders(path, 0o700)
        file = open(path / EPISODES, "a+b")  # noqa: SIM115 - it stays open as long as the folder
    except OSError as error:
        raise InputInvalid(f"cannot write under {path}: {error.strerror}", "name a folder that you can write") from error
    try:
        _lock(file, path)
        registered = _registered(path, plan, now_us, made_by)
        lines, torn = _kept(file, path, plan)
    except BaseException:
        file.close()
        raise
    return Folder(path, registered, file, lines, torn)


def read_folder(path: Path) -> tuple[Registered, list[Line], bool]:
    """Return the plan, the lines and whether the last line is torn, writing nothing; a run may be under way.

    Raises :class:`NotFound` where there is no plan, :class:`InputInvalid` for damage.
    """
    registered = _read_plan(path)
    if registered is None:
        raise NotFound(f"{path} holds no results", f"name a folder with a {PLAN}, as `vigiles eval grid` makes it")
    try:
        with open(path / EPISODES, "rb") as file:
            lines, torn = _lines(file.read(), path, registered.plan)
    except FileNotFoundError:
        return registered, [], False
    except OSError as error:
        raise InputInvalid(f"cannot read {path / EPISODES}: {error.strerror}", "look at its mode") from error
    return registered, lines, torn


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputInvalid(f"another run writes to {path}", "wait for it, or name another folder") from error


def _registered(path: Path, plan: Plan, now_us: int, made_by: str) -> Registered:
    there = _read_plan(path)
    if there is None:
        if os.path.getsize(path / EPISODES):
            raise InputInvalid(f"{path} holds episodes and no {PLAN}", _AGAIN)
        there = Registered(plan=plan, digest=digest(plan), written_us=now_us, made_by=made_by)
        _write_plan(path, there)
    elif there.digest != digest(plan):
        raise InputInvalid(f"{path} is registered for another plan ({there.digest[:12]})", _AGAIN)
    return there


def _write_plan(path: Path, registered: Registered) -> None:
    """Write it whole or not at all, and have it on the disk before anything is played."""
    fresh = path / f"{PLAN}.new"
    with open(fresh, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(registered), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(fresh, path / PLAN)
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read_plan(path: Path) -> Registered | None:
    try:
        data = (path / PLAN).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputInvalid(f"cannot read {path / PLAN}: {error.strerror}", "look at its mode") from error
    try:
        registered = msgspec.json.decode(data, type=Registered)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputInvalid(f"{path / PLAN} is no plan: {error}", _AGAIN) from error
    if registered.digest != digest(registered.plan):
        raise InputInvalid(f"{path / PLAN} was changed: its plan is not the one its digest names", _AGAIN)
    return registered


def _kept(file: BinaryIO, path: Path, plan: Plan) -> tuple[list[Line], bool]:
    """Return what is there, with a torn last line cut off."""
    file.seek(0)
    data = file.read()
    lines, torn = _lines(data, path, plan)
    if torn:
        file.truncate(data.rfind(b"\n") + 1)
    return lines, torn


def _lines(data: bytes, path: Path, plan: Plan) -> tuple[list[Line], bool]:
    """Return the lines, each episode once, and whether the last one is torn.

    An episode that a cap cut off may be there again: the later line counts, with what both cost.
    """
    whole, _, rest = data.rpartition(b"\n")
    known = cells(plan)
    lines: list[Line] = []
    seen: dict[Job, int] = {}
    for number, part in enumerate(whole.split(b"\n") if whole else (), 1):
        try:
            line = decode(part)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(path, number, str(error)) from error
        if not 0 <= line.cell < len(known):
            raise _damaged(path, number, f"the plan has no cell {line.cell}")
        place = seen.setdefault(line.job, len(lines))
        if place == len(lines):
            lines.append(line)
        elif lines[place].played.cut:
            lines[place] = line.after(lines[place])
        else:
            raise _damaged(path, number, f"cell {line.cell} seed {line.seed} is there twice")
    return lines, bool(rest)


def _damaged(path: Path, number: int, why: str) -> InputInvalid:
    return InputInvalid(
        f"{path / EPISODES} line {number} is damaged: {why}", "take that line out, and its episode is played again"
    )
