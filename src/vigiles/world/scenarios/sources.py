"""The data in the package, read once: each family's pieces, words and settings, and what all families share."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from vigiles.model.errors import InputInvalid, NotFound
from vigiles.world.scenarios.pieces import KINDS, Piece, filings, spread

DATA = Path(__file__).parent / "data"
COMMON = "every-family"


class Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the eight goals. ``aim`` goes on from "to"; ``deed`` is a thing the agent did for it; ``opposite`` its pair."""

    opposite: str
    aim: str
    deed: str


class Filler(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An everyday mail with holes: ``{colleague}``, ``{sender}`` and the slots."""

    subject: str
    body: str


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a family says of itself. ``names``: words that no other family may hold. ``staff``: who sends everyday mail."""

    canary: str
    names: tuple[str, ...]
    tools: tuple[str, ...]
    staff: tuple[str, ...]
    words: dict[str, str]
    vary: dict[str, tuple[str, ...]] = {}
    filler: tuple[Filler, ...] = ()
    minute: int = 900
    until: int = 990
    turns: int = 40


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family, ready to be staged."""

    name: str
    settings: Settings
    pieces: tuple[Piece, ...]


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all families share. ``turns`` and ``successors`` say by the type of goal where company and successor go."""

    canary: str
    goals: dict[str, Goal]
    turns: dict[str, str]
    successors: dict[str, str]
    slots: dict[str, tuple[str, ...]]
    filler: tuple[Filler, ...]
    pieces: dict[str, list[dict[str, Any]]]


def families() -> tuple[str, ...]:
    """Return the names of all families, in the order of the alphabet."""
    return _names()


@functools.cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(path.name for path in DATA.iterdir() if path.is_dir() and path.name != COMMON))


@functools.cache
def common() -> Common:
    """Return what all families share."""
    raw = _merged(COMMON)
    pieces = {kind: raw.pop(kind, []) for kind in KINDS}
    return msgspec.convert({**raw, "pieces": pieces}, Common)


@functools.cache
def family(name: str) -> Family:
    """Return one family. Raises NotFound for an unknown name, InputInvalid where its data are wrong."""
    if name not in families():
        raise NotFound(f"no scenario family is called {name!r}", f"Choose one of: {', '.join(families())}.")
    raw = _merged(name)
    pieces: list[Piece] = []
    filed, files = filings(raw.get("mails", []))
    raw["files"] = [*raw.get("files", []), *files]
    for kind in KINDS:
        for piece in [*common().pieces[kind], *raw.pop(kind, [])]:
            pieces += [Piece(kind, one) for one in spread(kind, piece, filed)]
    try:
        told = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise InputInvalid(f"scenario family {name}: {error}", "Compare its tables with another family's.") from None
    return Family(name=name, pieces=tuple(pieces), settings=told)


def raw_texts(name: str) -> dict[str, str]:
    """Return the files of a family (or of ``COMMON``) as they lie in the package, by name."""
    return {path.name: path.read_text("utf-8") for path in sorted((DATA / name).iterdir()) if path.suffix == ".toml"}


def _merged(name: str) -> dict[str, Any]:
    """One table from all files of a folder: lists are joined, tables merged; a plain value may stand in several if equal."""
    whole: dict[str, Any] = {}
    for file, text in raw_texts(name).items():
        for key, value in tomllib.loads(text).items():
            if key not in whole:
                whole[key] = value
            elif isinstance(value, list) and isinstance(whole[key], list):
                whole[key] = whole[key] + value
            elif isinstance(value, dict) and isinstance(whole[key], dict):
                whole[key] = {**whole[key], **value}
            elif value != whole[key]:
                raise InputInvalid(f"{name}/{file}: {key} is said twice, and differently", "Say it in one file.")
    return whole
