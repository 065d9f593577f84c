"""Whether an event is what a cue waits for or a task asks for: one meaning of ``where`` for characters and oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from vigiles.model.plain import Plain

#: Longer texts are not kept in lower case.
KEPT = 10_000
_kept = lru_cache(maxsize=1024)(str.casefold)


def folded(text: str) -> str:
    """Return a text without regard to case, to look for words in; what is looked at again and again is kept."""
    return _kept(text) if len(text) <= KEPT else text.casefold()


def fits(where: Mapping[str, Plain], data: Mapping[str, Plain]) -> bool:
    """Say whether an event's ``data`` has all that ``where`` asks.

    A field must be equal; where either side is a list, one common entry is enough. ``to`` also looks in ``cc``.
    ``tells``: every word or phrase stands in the subject or text, whatever its case. ``carries``: every id goes along,
    forwarded or attached. ``to``, ``with`` and ``people`` hold person ids where the directory knows the address.
    """
    return all(_PARTS.get(key, _equal)(key, wanted, data) for key, wanted in where.items())


def _entries(value: Plain) -> Sequence[Plain]:
    return value if isinstance(value, list | tuple) else (value,)


def _equal(key: str, wanted: Plain, data: Mapping[str, Plain]) -> bool:
    if key not in data:
        return False
    have = data[key]
    return bool(have == wanted) or any(each in _entries(have) for each in _entries(wanted))


def _to(key: str, wanted: Plain, data: Mapping[str, Plain]) -> bool:
    to, cc = _entries(data.get("to", ())), _entries(data.get("cc", ()))
    if isinstance(wanted, str):
        return wanted in to or wanted in cc
    return any(each in to or each in cc for each in _entries(wanted))


def _tells(key: str, wanted: Plain, data: Mapping[str, Plain]) -> bool:
    subject, text = folded(data.get("subject", "")), folded(data.get("text", ""))
    return all((word := folded(each)) in subject or word in text for each in _entries(wanted))


def _carries(key: str, wanted: Plain, data: Mapping[str, Plain]) -> bool:
    have = (*data.get("carries", ()), *data.get("attachments", ()))
    return all(each in have for each in _entries(wanted))


_PARTS = {"to": _to, "tells": _tells, "carries": _carries}
