"""The table of what was found, with Wilson intervals."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from benchmarks.disguise.play import Played

#: 95 %, two-sided.
_Z = 1.959964
#: A miner has to be found within so many seconds of its flow's first byte.
WITHIN_S = 60.0


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """``hits`` of ``of``; the interval is Wilson's, in percent."""

    what: str
    hits: int
    of: int
    low: float
    high: float
    median_s: float | None = None
    longest_s: float | None = None


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one evaluation found. ``passed``: the bars that were asked for."""

    seed: int
    seconds: float
    at_once: int
    load: tuple[float, float]
    counts: list[Count]
    broken: list[str]
    passed: bool
    played: list[Played]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the interval of a share in percent. Source: Wilson 1927."""
    if of == 0:
        return 0.0, 100.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * ((share * (1 - share) + square / (4 * of)) / of) ** 0.5 / (1 + square / of)
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def count(played: Sequence[Played]) -> list[Count]:
    """Return all rows: miners found in time, by any detector and by ``disguise`` alone, and honest runs flagged."""
    mining = [one for one in played if one.run.mining and not one.run.rare]
    rare = [one for one in played if one.run.rare]
    honest = [one for one in played if not one.run.mining]
    rows = [
        _row("mining found within 60 s", [one.seconds for one in mining], WITHIN_S),
        _row("mining found within 60 s by `disguise`", [one.disguise for one in mining], WITHIN_S),
        _row("honest flagged", [one.seconds for one in honest]),
    ]
    rows.append(_row("rare messages, found within 60 s", [one.seconds for one in rare], WITHIN_S))
    rows.append(_row("rare messages, found at all", [one.seconds for one in rare]))
    for talk in sorted({one.run.talk for one in honest}):
        rows.append(_row(f"honest flagged: {talk}", [one.seconds for one in honest if one.run.talk == talk]))
    return rows


def verdict(counts: Sequence[Count]) -> bool:
    """Return whether the bars are met: 19 of 20 miners, or as large a share, and no honest run."""
    found, flagged = counts[0], counts[2]
    return found.hits * 20 >= found.of * 19 and flagged.hits == 0


def markdown(results: Results) -> str:
    """Return the tables as Markdown."""
    lines = [
        "# Miners inside TLS, found without termination",
        "",
        f"Seed {results.seed}, runs of {results.seconds:g} s, {results.at_once} at once, load {results.load[0]:.1f} to "
        f"{results.load[1]:.1f}.",
        "",
        "| what | count | Wilson 95 % | seconds to the finding, median and longest |",
        "|---|---|---|---|",
    ]
    for row in results.counts:
        times = "" if row.median_s is None else f"{row.median_s:.1f}, {row.longest_s:.1f}"
        lines.append(f"| {row.what} | {row.hits} of {row.of} | {row.low:.1f} to {row.high:.1f} % | {times} |")
    lines += ["", "| run | ways | CPU s | seconds | found |", "|---|---|---|---|---|"]
    for one in results.played:
        seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
        lines.append(f"| {one.run.name} | {ways(one)} | {one.cpu_seconds:.1f} | {seconds} | {', '.join(one.rules)} |")
    lines += ["", *(f"Broken: {text}." for text in results.broken)]
    return "\n".join(lines).rstrip() + "\n"


def ways(one: Played) -> str:
    """Return a run's parameters in words."""
    run = one.run
    words = [run.talk, f"own every {run.every:g} s", f"pushed every {run.work:g} s"]
    if run.mining:
        words += [f"{run.threads} threads", f"nice {run.nice}"]
        words += ["half throttled"] if run.throttle else []
        words += [{0: "", -1: "random padding"}.get(run.pad, f"padded to {run.pad}")] if run.pad else []
        words += ["keepalive"] if run.keepalive else []
        words += ["daemon"] if run.daemon else []
    else:
        words.append("own jobs" if run.compute == "none" and run.talk in ("push", "pull") else f"beside: {run.compute}")
    return ", ".join(words)


def _row(what: str, times: Sequence[float | None], within: float = 1e9) -> Count:
    hits = [time for time in times if time is not None and time <= within]
    low, high = wilson(len(hits), len(times))
    return Count(
        what=what,
        hits=len(hits),
        of=len(times),
        low=low,
        high=high,
        median_s=median(hits) if hits else None,
        longest_s=max(hits, default=None),
    )
