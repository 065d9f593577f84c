"""A company's rules as data: who may see what for which purpose, and what cannot be undone.

Names, labels and addresses match exactly. A rule that names nothing in particular says so by None, never by a pattern.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.plain import Plain

#: What becomes of an act that cannot be undone: a person must approve it, two must, or an agent never does it.
Care = Literal["hold", "two", "deny"]


class Irreversible(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the ontology of acts that cannot be undone.

    It fits a call of ``tool`` whose ``arguments`` have all these values and, with ``above``, whose number under that name is
    larger, all such calls of the session taken together; with ``outside`` only if somebody outside the company would get
    something. ``known`` are values that an argument may have without anybody being asked. Of several that fit, the gravest
    counts.
    """

    id: str
    tool: str
    care: Care = "hold"
    arguments: dict[str, str] = {}
    above: dict[str, int] = {}
    known: dict[str, tuple[str, ...]] = {}
    outside: bool = False


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asking somebody else, in words, for what one may not do or have: a text that has a word or phrase of every group."""

    id: str
    groups: tuple[tuple[str, ...], ...]
    care: Care = "hold"


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person has asked the agent to do: one of ``tools`` with these ``arguments``.

    ``to``: nobody else gets it (none given: nobody outside does); ``carries``: nothing else goes along; ``tells``: what is
    to be said.
    """

    tools: tuple[str, ...]
    arguments: dict[str, Plain] = {}
    to: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()


class CompanyRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``clearances``: purpose -> the labels that an agent sees for it; a purpose that is not there sees no labelled data.

    ``free`` are labels that need no clearance at all. ``irreversible`` is the ontology. ``lethal``: what becomes of an act
    on which a life hangs, unless the purpose is one of ``lethal_purposes``, for which two persons are asked. ``asking`` is
    what the agent may not ask of others. ``apart`` are principals to whom it is not to speak, as other agents that are to
    decide for themselves: what would reach them waits, also through a tool whose result all can read (``read_by_all``).
    ``orders`` are not asked about again. ``reasoning_ppm``, ``action_ppm`` and ``judge_ppm``: scores (parts in a million)
    from which an act is held, and denied. From ``defer_ppm`` on the trusted agent's turn is played: as a whole turn is lost
    by that, it is as high as a denial's.
    """

    clearances: dict[str, tuple[str, ...]] = {}
    free: tuple[str, ...] = ()
    irreversible: tuple[Irreversible, ...] = ()
    lethal: Care = "two"
    lethal_purposes: tuple[str, ...] = ()
    asking: tuple[Asking, ...] = ()
    apart: tuple[str, ...] = ()
    read_by_all: tuple[str, ...] = ("files_write", "files_share")
    orders: tuple[Order, ...] = ()
    reasoning_ppm: tuple[int, int] = (900_000, 990_000)
    action_ppm: tuple[int, int] = (900_000, 990_000)
    judge_ppm: tuple[int, int] = (500_000, 900_000)
    samples: int = 5
    defer_ppm: int = 990_000
