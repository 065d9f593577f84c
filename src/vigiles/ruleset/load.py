"""Profiles from disk: the one module of this room that reads files.

A profile is named (one of those shipped, in ``profiles/``) or given as a path to a folder with ``profile.toml`` and, where
it does not extend another, ``rules.cedar``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from vigiles.model.errors import NotFound, RulesetInvalid
from vigiles.ruleset.compile import Ruleset, compile_layers, extends, layers_of
from vigiles.ruleset.layer import PROFILE_FILE, RULES_FILE, Layer, Source
from vigiles.ruleset.mistake import nearest

_SHIPPED = Path(__file__).with_name("profiles")
_DEEPEST = 8
_LARGEST = 1 << 20


@lru_cache(maxsize=1)
def shipped() -> tuple[str, ...]:
    """Return the names of the profiles that come with Vigiles."""
    return tuple(sorted(path.parent.name for path in _SHIPPED.glob(f"*/{PROFILE_FILE}")))


def load_profile(name_or_path: str | Path) -> Ruleset:
    """Return the ruleset of a shipped profile's name or of a folder.

    Raises :class:`~vigiles.model.errors.NotFound` where there is no such profile and
    :class:`~vigiles.ruleset.mistake.ProfileInvalid` (a ``RulesetInvalid``) with every mistake in its files.
    """
    return _compiled(tuple(read_layers(name_or_path)))


def load_with(name_or_path: str | Path, hosts: Sequence[str], names: Sequence[str]) -> Ruleset:
    """Return a profile's ruleset with further ``hosts`` ("host:port") and environment ``names``, as one more layer.

    What was added stands in the ruleset's text like everything else. Raises as :func:`load_profile`, and
    :class:`~vigiles.model.errors.RulesetInvalid` for hosts on a profile without a network.
    """
    layers = read_layers(name_or_path)
    base = _compiled(tuple(layers))
    if not hosts and not names:
        return base
    if hosts and base.profile.egress.mode == "none":
        raise RulesetInvalid(
            f"profile {base.profile.name} has no network, so no host can be added to it",
            "Use a profile whose egress mode is allow.",
        )
    lines = [f"name = {json.dumps(base.profile.name)}"]
    if hosts:
        lines += ["[egress]", f"hosts = {json.dumps([*base.profile.egress.hosts, *hosts])}"]
    if names:
        lines += ["[environment]", f"allow = {json.dumps([*base.profile.environment.allow, *names])}"]
    added = Source(name=f"command-line/{PROFILE_FILE}", path="the command line", text="\n".join(lines) + "\n")
    return _compiled((*layers, Layer(profile=added)))


def ruleset_of(text: str) -> Ruleset:
    """Return the ruleset whose ``text`` a ledger holds, so that its verdicts can be given again.

    Raises :class:`~vigiles.ruleset.mistake.ProfileInvalid`.
    """
    return compile_layers(layers_of(text), schema())


@lru_cache(maxsize=1)
def schema() -> str:
    """Return the Cedar schema that rules are checked against."""
    return Path(__file__).with_name("schema.cedarschema").read_text("utf-8")


@lru_cache(maxsize=64)
def _compiled(layers: tuple[Layer, ...]) -> Ruleset:
    """Compile the same texts once a process; a ruleset holds no state of any episode."""
    return compile_layers(layers, schema())


def read_layers(name_or_path: str | Path) -> list[Layer]:
    """Return the texts of a profile and of what it extends, the base first. Raises as :func:`load_profile`."""
    if isinstance(name_or_path, str) and "/" not in name_or_path and name_or_path in shipped():
        return list(_shipped_layers(name_or_path))
    return _read(name_or_path)


@lru_cache(maxsize=16)
def _shipped_layers(name: str) -> tuple[Layer, ...]:
    """Return the layers of a profile that came with Vigiles: its files do not change while we run."""
    return tuple(_read(name))


def _read(name_or_path: str | Path) -> list[Layer]:
    folders: list[Path] = []
    layers: list[Layer] = []
    folder = _folder(name_or_path, Path())
    while True:
        if folder.resolve() in folders or len(folders) >= _DEEPEST:
            way = " -> ".join(seen.name for seen in [*folders, folder])
            raise RulesetInvalid(
                f"{folder / PROFILE_FILE}: extends goes round or too deep: {way}", "Extend a profile that ends."
            )
        folders.append(folder.resolve())
        layer = _layer(folder)
        layers.insert(0, layer)
        base = extends(layer.profile)
        if base is None:
            return layers
        try:
            folder = _folder(base, folder)
        except NotFound as error:
            raise RulesetInvalid(f'{layer.profile.path}: extends = "{base}": {error}', error.remedy) from None


def _folder(name_or_path: str | Path, beside: Path) -> Path:
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in shipped():
        return _SHIPPED / text
    path = beside / os.path.expanduser(text)
    if path.name == PROFILE_FILE:
        path = path.parent
    why = ""
    try:
        if (path / PROFILE_FILE).is_file():
            return path
    except OSError as error:  # too long for a name, or behind a folder that is closed to us
        why = f": {error.strerror}"
    names = shipped()
    known = f"Shipped are {', '.join(names)}; or give a folder with {PROFILE_FILE}."
    raise NotFound(f'there is no profile "{text}"{why}', f"{nearest(text, names)} {known}".strip())


def _layer(folder: Path) -> Layer:
    rules = folder / RULES_FILE
    return Layer(
        profile=_source(folder, PROFILE_FILE),
        rules=_source(folder, RULES_FILE) if rules.exists() else None,
    )


def _source(folder: Path, name: str) -> Source:
    path = folder / name
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise RulesetInvalid(f"{path}: larger than {_LARGEST} bytes", "A profile is a text for people to read.")
        return Source(name=f"{folder.resolve().name}/{name}", path=str(path), text=data.decode("utf-8"))
    except OSError as error:
        raise RulesetInvalid(f"{path}: {error.strerror}", "Make the file readable.") from None
    except UnicodeDecodeError as error:
        raise RulesetInvalid(f"{path}: not UTF-8 text at byte {error.start}", "Save the file as UTF-8.") from None
