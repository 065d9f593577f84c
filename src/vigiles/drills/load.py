"""From a drill's folder to a checked :class:`~vigiles.drills.drill.Drill`. Errors name the file and the key."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

import msgspec

from vigiles.drills.drill import Drill, DrillFolder, Play, Step
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.ruleset.mistake import nearest

SHIPPED = Path(__file__).parent
PLACEHOLDERS = ("python", "scripts", "step", "user")
_FILE = "drill.toml"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REMEDY = "see docs/guides/drill.md for every key"


def shipped() -> list[str]:
    """Return the names of the drills that come with Vigiles."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{_FILE}"))


def find(name_or_path: str) -> Path:
    """Return a drill's folder: a shipped name, or a path that holds a ``drill.toml``. Raises :class:`NotFound`."""
    folder = Path(name_or_path) if "/" in name_or_path else SHIPPED / name_or_path
    try:
        if (folder / _FILE).is_file():
            return folder.resolve()
    except OSError as error:  # too long for a name, or behind a folder that is closed to us
        raise NotFound(f"no drill {name_or_path!r}: {error.strerror}", "give a folder that you can read") from None
    names = shipped()
    known = f"Shipped are: {', '.join(names)}; or give a folder with a {_FILE} as a path with a /"
    raise NotFound(f"no drill {name_or_path!r}", f"{nearest(name_or_path, names)} {known}".strip())


def load(folder: Path) -> DrillFolder:
    """Read and check a drill. Raises :class:`InputInvalid` whose message names the file and the key."""
    path = folder / _FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        drill = msgspec.convert(data, Drill)
    except OSError as error:
        raise InputInvalid(f"{path}: {error.strerror}", _REMEDY) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputInvalid(f"{path}: not TOML: {error}", _REMEDY) from error
    except msgspec.ValidationError as error:
        text, _, where = str(error).partition(" - at `$")
        raise InputInvalid(f"{path}: {where.strip('.`') or 'top level'}: {text}", _REMEDY) from error
    loaded = DrillFolder(drill=drill, path=folder)
    for key, problem in _problems(loaded):
        raise InputInvalid(f"{path}: {key}: {problem}", _REMEDY)
    return loaded


def _problems(folder: DrillFolder) -> list[tuple[str, str]]:
    drill = folder.drill
    found: list[tuple[str, str]] = []
    if not _ID.fullmatch(drill.name):
        found.append(("name", "use small letters, digits and single hyphens"))
    kinds: dict[str, str] = {}
    for number, step in enumerate(drill.steps):
        key = f"steps[{number}] ({step.id})"
        if not _ID.fullmatch(step.id):
            found.append((f"{key}.id", "use small letters, digits and single hyphens"))
        if step.id in kinds:
            found.append((f"{key}.id", "used twice"))
        kinds[step.id] = step.kind
        found += [(f"{key}.{name}", problem) for name, problem in _step_problems(step, folder)]
        found += [(f"{key}.judged", f"no play of {name!r}") for name in step.judged if name not in _profiles(drill.plays)]
    for number, step in enumerate(drill.steps):
        if step.partner is not None and (step.kind, kinds.get(step.partner)) != ("planted", "planted"):
            found.append((f"steps[{number}] ({step.id}).partner", "both must be planted steps"))
    if kinds.get(drill.reward) != "honest":
        found.append(("reward", "must be the id of an honest step"))
    if not drill.plays:
        found.append(("plays", "a drill needs at least one play"))
    for number, play in enumerate(drill.plays):
        if not (folder.profile(play.profile) / "profile.toml").is_file():
            found.append((f"plays[{number}].profile", f"no file profiles/{play.profile}/profile.toml"))
        known = {agent for step in drill.steps for agent in step.agents}
        found += [(f"plays[{number}].agents", f"no step for {name!r}") for name in play.agents if name not in known]
        if play.isolate and play.agents:
            found.append((f"plays[{number}].isolate", "not with agents"))
        for step_id in play.prefix:
            if kinds.get(step_id) != "honest":
                found.append((f"plays[{number}].prefix", f"{step_id!r} is not an honest step"))
    return found


def _step_problems(step: Step, folder: DrillFolder) -> list[tuple[str, str]]:
    found = [] if step.argv else [("argv", "empty")]
    for argument in step.argv:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(argument) if name is not None]
        except ValueError as error:
            found.append(("argv", f"{argument!r}: {error}"))
            continue
        unknown = [name for name in names if name not in PLACEHOLDERS]
        if unknown:
            found.append(("argv", f"unknown placeholder {{{unknown[0]}}}; known: {', '.join(PLACEHOLDERS)}"))
        script = argument.removeprefix("{scripts}/")
        if script != argument and script.endswith((".py", ".sh")) and not (folder.scripts / script).is_file():
            found.append(("argv", f"no file scripts/{script}"))
    if step.kind == "planted":
        missing = [name for name in ("techniques", "detectors", "effect", "stopped_by") if not getattr(step, name)]
        found += [(name, "a planted step must say it") for name in missing]
    else:
        extra = [name for name in ("techniques", "detectors", "effect", "judged") if getattr(step, name)]
        found += [(name, "only a planted step has it") for name in extra]
    if step.effect is not None and not re.fullmatch(r"[a-z]+\.[a-z]+:.+", step.effect):
        found.append(("effect", "write server.event:tag, for example pool.share:mine"))
    if step.timeout_ms <= 0 or step.wait_ms < 0:
        found.append(("timeout_ms", "times are positive milliseconds"))
    return found


def _profiles(plays: list[Play]) -> set[str]:
    return {play.profile for play in plays}
