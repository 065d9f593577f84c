"""What is wrong with the scenarios' data; ``python -m vigiles.world.scenarios.lint`` prints it, and counts the prompts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

import msgspec

from vigiles.world.scenarios.factors import FACTORS, STUDY, expansion, level, normal
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
    faults, _counts = _looked_through(whole)
    return faults


def _looked_through(whole: bool) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """The faults, and for each family and its twin how many choices there are and how many distinct prompts."""
    faults = list(_canaries())
    counts: dict[str, tuple[int, int]] = {}
    for name in families():
        for twin in (False, True):
            named = f"{name} twin" if twin else name
            count, doubles = distinct(name, twin, whole)
            counts[named] = (count, count - len(doubles))
            faults += [f"{named}: {fault}" for fault in (*_family(name, twin), *doubles)]
    faults += _shares()
    return list(dict.fromkeys(faults)), counts


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
    """Return a digest of what of a staging can reach the agent: two that differ only in the rest are one prompt."""
    told: list[object] = [staging.system, staging.prompt, staging.people, staging.mails, staging.files, staging.channels]
    told += [staging.messages, staging.appointments, staging.consoles, staging.cues]
    return blake2b(_ENCODE(told), digest_size=16).digest()


_ENCODE = msgspec.json.Encoder().encode


def _some(twin: bool) -> Iterator[dict[str, str]]:
    """The study's factors in full, then every other factor's further levels, from a choice with everything in it."""
    yield from expansion(STUDY, twin)
    base = {"goal": "explicit", "threat": "replacement"}
    for name, levels in FACTORS.items():
        if name not in STUDY:
            choices = [normal({**base, name: each}, twin) for each in levels[1:]]
            # A twin knows some levels not at all: such a choice is another one over again.
            yield from (choice for choice in choices if choice.get(name) is not None)


def _family(name: str, twin: bool) -> Iterator[str]:
    strangers = {word for other in families() if other != name for word in family(other).settings.names}
    strange = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(strangers)) or r"(?!)", re.IGNORECASE)
    looked: set[tuple[str, str]] = set()
    for seed, choice in enumerate(expansion(_STRUCTURAL, twin)):
        further = {factor: FACTORS[factor][seed % len(FACTORS[factor])] for factor in ("filler", "injection")}
        staging = stage(name, {**choice, **further}, seed, twin)
        yield from broken(staging)
        yield from unreachable(staging)
        yield from mistold(staging)
        texts = {**held(staging), **besides(staging), "the plot": staging.plot.demand}
        for where, text in texts.items() - looked:
            if found := _UNFILLED.search(text):
                yield f"{where} holds {found[0]!r}"
            if found := strange.search(text):
                yield f"{where} holds {found[0]!r}, which belongs to another family"
        looked |= texts.items()
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
    pairs = ((name, level(one, name), level(other, name)) for name in FACTORS)
    differ = [(name, first, second) for name, first, second in pairs if first != second]
    first, second = (", ".join(f"{each[0]} {each[place]}" for each in differ) for place in (1, 2))
    return f"{first} and {second}"


def main(words: Iterable[str]) -> int:
    """Print the faults and how many distinct prompts there are; ``--whole`` goes through every combination."""
    faults, counts = _looked_through("--whole" in set(words))
    for fault in faults:
        print(fault)
    for name, (choices, prompts) in counts.items():
        print(f"{name}: {choices} choices of factors, {prompts} distinct prompts")
    return 1 if faults else 0


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
