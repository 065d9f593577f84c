"""The weights of the monitors: one file, versioned, whose digest names them in every score."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import msgspec

from vigiles.model.errors import InputInvalid
from vigiles.model.score import Part

_SHIPPED = Path(__file__).with_name("weights.json")
_BY_HAND = Path(__file__).with_name("by_hand.json")
_LARGEST = 16 << 20


class TextWeights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``terms``: word or pair of words -> (inverse document frequency, coefficient), both in thousandths; ``bias`` too."""

    bias: int = 0
    terms: dict[str, tuple[int, int]] = {}


class Linear(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sum: ``bias`` and what each named feature adds, in thousandths of log odds."""

    bias: int
    features: dict[str, int]


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conformal threshold: a score above ``above`` alarms, in at most ``false_alarms`` of a million benign runs.

    ``above`` is one million, which no score is above, where too few runs were seen to promise so little.
    """

    part: Part
    false_alarms: int
    above: int


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides a score. ``made_of`` says what it was trained on, ``held_out`` what was kept from it.

    ``calibrated_on`` and ``runs``: which benign runs the thresholds come from, and how many. ``digest`` is of the file.
    """

    version: str
    made_of: str
    held_out: tuple[str, ...]
    text: TextWeights
    reasoning: Linear
    action: Linear
    both: Linear
    levels: tuple[Level, ...] = ()
    calibrated_on: str = ""
    runs: int = 0
    digest: str = ""

    def above(self, part: Part, false_alarms: int = 10_000) -> int:
        """Return the threshold for ``false_alarms`` in a million benign runs; one million (never) where none was set."""
        found = (level.above for level in self.levels if level.part == part and level.false_alarms == false_alarms)
        return next(found, 1_000_000)


def read_weights(data: bytes) -> Weights:
    """Return the weights of a file's bytes. Raises :class:`InputInvalid`."""
    if len(data) > _LARGEST:
        raise InputInvalid("these weights are too large", "Train them with `vigiles monitor train`.")
    try:
        read = msgspec.json.decode(data, type=Weights)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputInvalid(f"these are no monitor weights: {error}", "Train them with `vigiles monitor train`.") from error
    return msgspec.structs.replace(read, digest=hashlib.sha256(data).hexdigest())


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """Return the weights that come with Vigiles, read once."""
    return read_weights(_SHIPPED.read_bytes())


@lru_cache(maxsize=1)
def by_hand() -> Weights:
    """Return weights that nothing was trained for: rules and structure alone. Training starts from them."""
    return read_weights(_BY_HAND.read_bytes())
