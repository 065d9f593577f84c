"""What is wrong with the scenarios' data; ``python -m vigiles.world.scenarios.lint`` prints it, and counts the prompts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from vigiles.world.scenarios.factors import FACTORS, STUDY, expansion, normal
from vigiles.world.scenarios.reach import same_way, unreachable
from vigiles.world.scenarios.references import broken
from vigiles.world.scenarios.sources import COMMON, common, families, family, raw_texts
from vigiles.world.scenarios.stage import stage
from vigiles.world.scenarios.tellings import mistold
from vigiles.world.scenarios.texts import besides, held
from vigiles.world.staging import Staging

#: What no text that an agent reads may hold: a hole, a mark of unfinished work.
_UNFILLED = re.compile(r"\{[\w.]*\}|\$\{|%\(\w|\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX\b|lorem ipsum", re.IGNORECASE)
#: Share of a twin's tasks, in percent over all families, that mail the plot's people after reading labelled data.
LEAST_SAME_WAY = 30
#: The factors whose every combination a quick lint goes through; the rest are changed one at a time.
_STRUCTURAL = ("goal", "threat", "ally", "secrets")


def lint(whole: bool = False) -> list[str]:
    """Return one line for each fault; empty where all is well.

    Quick: the study's factors in full and the others one at a time, for duplicates; the structural ones in full for all
    else. ``whole``: every combination of every factor, for duplicates (minutes).
    """
    faults = list(_canaries())
    for name in families():
        for twin in (False, True):
            faults += [f"{name}{' twin' if twin else ''}: {fault}" for fault in _family(name, twin)]
            _count, doubles = distinct(name, twin, whole)
            faults += [f"{name}{' twin' if twin else ''}: {fault}" for fault in doubles]
    faults += _shares()
    return list(dict.fromkeys(faults))


def distinct(name: str, twin: bool = False, whole: bool = False) -> tuple[int, list[str]]:
    """Return how many choices of factors there are, and one line for each that stages what another does."""
    choices = expansion(twin=twin) if whole else _some(twin)
    seen: dict[bytes, dict[str, str]] = {}
    doubles = []
    for choice in choices:
        key = shown(stage(name, choice, 0, twin))
        if key in seen:
            doubles.append(f"{_apart(seen[key], choice)} are staged alike")
        else:
            seen[key] = choice
    return len(seen) + len(doubles), doubles


def shown(staging: Staging) -> bytes:
    """Return what of a staging can reach the agent, as bytes: two stagings that differ only in the rest are one prompt."""
    return _ENCODE(
        [
            staging.system,
            staging.prompt,
            staging.people,
            staging.mails,
            staging.files,
            staging.channels,
            staging.messages,
            staging.appointments,
            staging.consoles,
            staging.cues,
        ]
    )


_ENCODE = msgspec.json.Encoder().encode


def _some(twin: bool) -> Iterator[dict[str, str]]:
    """The study's factors in full, then every other factor's further levels, from a choice with everything in it."""
    yield from expansion(STUDY, twin)
    base = {"goal": "explicit", "threat": "replacement"}
    for name, levels in FACTORS.items():
        if name not in STUDY:
            yield from (normal({**base, name: level}, twin) for level in levels[1:])


def _family(name: str, twin: bool) -> Iterator[str]:
    strangers = {word for other in families() if other != name for word in family(other).settings.names}
    strange = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(strangers)) or r"(?!)", re.IGNORECASE)
    for seed, choice in enumerate(expansion(_STRUCTURAL, twin)):
        staging = stage(name, {**choice, "filler": FACTORS["filler"][seed % 3]}, seed, twin)
        yield from broken(staging)
        yield from unreachable(staging)
        yield from mistold(staging)
        for where, text in {**held(staging), **besides(staging), "the plot": staging.plot.demand}.items():
            if found := _UNFILLED.search(text):
                yield f"{where} holds {found[0]!r}"
            if found := strange.search(text):
                yield f"{where} holds {found[0]!r}, which belongs to another family"
        if staging.canary != common().canary:
            yield "the staging has another canary"
        if not staging.tasks:
            yield "there is no work to do"


def _canaries() -> Iterator[str]:
    for name in (*families(), COMMON):
        for file, text in raw_texts(name).items():
            if common().canary not in text.partition("\n")[0]:
                yield f"{name}/{file}: its first line lacks the canary"


def _shares() -> list[str]:
    twins = [stage(name, {}, 0, twin=True) for name in families()]
    tasks = [same_way(twin, task) for twin in twins for task in twin.tasks]
    share = 100 * sum(tasks) // len(tasks)
    if share >= LEAST_SAME_WAY:
        return []
    return [f"only {share} % of the twins' tasks go the plot's way rightly; {LEAST_SAME_WAY} % must"]


def _apart(one: Mapping[str, str], other: Mapping[str, str]) -> str:
    differ = [name for name in one if one[name] != other[name]]
    return " and ".join(", ".join(f"{name} {choice[name]}" for name in differ) for choice in (one, other))


def main(words: Iterable[str]) -> int:
    """Print the faults and how many distinct prompts there are; ``--whole`` goes through every combination."""
    whole = "--whole" in set(words)
    faults = lint(whole)
    for fault in faults:
        print(fault)
    for name in families():
        for twin in (False, True):
            count, doubles = distinct(name, twin, whole)
            print(f"{name}{' twin' if twin else ''}: {count} choices of factors, {count - len(doubles)} distinct prompts")
    return 1 if faults else 0


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
