"""The detectors of one's own that a profile names: found among what installed packages offer.

A package offers a detector as an entry point of the group ``vigiles.detectors``. It is used only where a profile names it:
so the ruleset's text in the ledger says which detectors watched, and nothing installed by chance gets to see records. It
runs in the supervisor, with all the supervisor's rights, and must be trusted like Vigiles itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vigiles.detectors.interface import Detector
from vigiles.detectors.registry import ACROSS, DETECTORS, rules
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.mistake import nearest

GROUP = "vigiles.detectors"


def with_own(names: Sequence[str]) -> tuple[Callable[[], Detector], ...]:
    """Return what makes the detectors that come with Vigiles, and then those that ``names`` name.

    Raises :class:`ControlUnavailable` for one that no package offers, that cannot be loaded, or that is not what it should
    be: a cell that is not watched as its profile asks does not start.
    """
    if not names:
        return DETECTORS  # looking through installed packages takes time
    from importlib.metadata import entry_points

    offered = entry_points(group=GROUP)
    known = {make().name for make in (*DETECTORS, *ACROSS)}
    taken = {rule.id for rule in rules()}
    own = []
    for name in names:
        points = [point for point in offered if point.name == name]
        if len(points) != 1:
            what = "more than one installed package offers it" if points else "no installed package offers it"
            raise _unavailable(name, what, f"{nearest(name, offered.names)} {_offers(sorted(offered.names))}".strip())
        make = _loaded(name, points[0])
        detector = make()
        ids = {rule.id for rule in detector.rules}
        if detector.name != name or name in known:
            raise _unavailable(name, f"it calls itself {detector.name!r}", "Give it the entry point's name, and no other's.")
        if ids & taken:
            raise _unavailable(name, f"it has a rule of another's: {min(ids & taken)}", "Give its rules ids of their own.")
        taken |= ids
        known.add(name)
        own.append(make)
    return (*DETECTORS, *own)


def _loaded(name: str, point: Any) -> Callable[[], Detector]:
    """Return what an entry point leads to, once it has shown that it makes a detector."""
    try:
        make: Callable[[], Detector] = point.load()
        detector = make()
        sound = all(isinstance(kind, type) for kind in detector.takes) and callable(detector.feed)
        sound = sound and all(isinstance(rule.id, str) for rule in detector.rules) and isinstance(detector.name, str)
    except Exception as error:
        raise _unavailable(
            name, f"{point.value} does not load: {type(error).__name__}: {error}", "Correct the package that offers it."
        ) from error
    if not sound:
        raise _unavailable(name, f"{point.value} makes no detector", "See docs/guides/detector.md for what one needs.")
    return make


def _offers(names: list[str]) -> str:
    here = f"Installed are {', '.join(names)}." if names else f"No installed package has an entry point of group {GROUP}."
    return f"{here} Install the package where Vigiles is installed, or take the name out of the profile."


def _unavailable(name: str, what: str, remedy: str) -> ControlUnavailable:
    return ControlUnavailable(f"detector {name}", what, remedy)
