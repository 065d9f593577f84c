"""Whether a talk and the load of its call are those of a miner: signs, points, and what was seen, in words.

What must hold: the processor works through the whole talk and through the moments of its messages, few bytes move, reports
come at irregular times, at least one push met a busy processor, and reports do not follow from pushes one by one. What then
counts are points, one for each sign that a worker, a training run that reports, or a listener does not show. With no push
several reports of constant size are asked for, beside a process that does nothing else at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import TypeVar

import msgspec

from vigiles.detectors.disguise.load import Load
from vigiles.detectors.disguise.rules import MINING
from vigiles.detectors.disguise.talk import Push, Report, Talk, Word

S = TypeVar("S", Report, Word, Report | Word)

#: Events are judged once the looks at the processes have caught up with what follows them.
_AFTER_US = 1_200_000
#: Parts of a core below which a stretch is idle, whatever the rest of the window is, in thousandths.
_IDLE_MILLI = 8
_MOST_UNASKED = 3
#: An answer that says no more than yes or no, on the wire; with the head of an HTTP answer it is longer.
_SHORT_ANSWER = 130


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen. ``unasked``: reports beyond the pieces of work that had come; ``dropped``: pieces of work that came
    while another was not yet reported on, ``backlog`` at most at once; ``met_work``: pushes that met a busy processor.
    ``alike``: reports have one size, ``even``: nearly to the byte, and their answers too, which are no longer; ``constant``:
    the answers are short as well; ``steady``: one process
    computes and moves little; ``silent``: next to nothing.
    """

    seconds: int
    cpu_us: int
    reports: int
    pushes: int
    met_work: int = 0
    unasked: int = 0
    dropped: int = 0
    backlog: int = 0
    alike: bool = False
    even: bool = False
    constant: bool = False
    steady: bool = False
    silent: bool = False
    long: bool = False
    outlived: bool = False

    @property
    def points(self) -> int:
        """Return how much of it honest work does not show."""
        compute = self.steady + self.silent + self.long + 2 * self.outlived
        talk = self.alike + self.constant + (self.met_work >= 2) + (self.backlog >= MINING.thresholds["backlog"])
        return min(_MOST_UNASKED, self.unasked) + compute + talk


def judge(talks: Sequence[Talk], load: Load) -> Signs | None:
    """Return the signs of a miner, None where they do not suffice. ``talks``: all of one call with one host."""
    signs = signs_of(talks, load)
    if signs is None:
        return None
    limits = MINING.thresholds
    if signs.met_work >= limits["pushes"]:
        free = signs.unasked + signs.dropped > 0 or signs.outlived or (signs.constant and signs.silent)
        return signs if free and signs.points >= limits["points"] else None
    enough = limits["reports_alone"] if signs.constant else limits["even_reports_alone"]
    alone = (signs.constant or signs.even) and signs.reports >= enough
    return signs if alone and signs.silent and signs.long else None


def signs_of(talks: Sequence[Talk], load: Load) -> Signs | None:
    """Return what is to be seen; None where something is missing that every miner shows."""
    limits = MINING.thresholds
    until = load.known_until_us
    since = max(min(talk.set_up_us for talk in talks), load.began_us, until - limits["window_us"])
    length = until - since
    if length < limits["length_us"] or not _small(talks, since, length):
        return None
    seconds = load.seconds(since, until)
    cpu = sum(seconds)
    busy = sum(one >= _IDLE_MILLI * 1000 for one in seconds)
    crowded = 1000 * cpu < limits["crowded_milli"] * length
    needed = limits["crowded_busy_percent" if crowded else "busy_percent"]
    if 100 * busy < needed * len(seconds) or 100 * cpu < limits["cpu_percent"] * length:
        return None

    events = [event for talk in talks for event in _within(talk, since, until - _AFTER_US)]
    events.sort(key=lambda event: event.at_us)
    reports, alike = of_one_kind(events, min(talk.began_us for talk in talks))
    pushes = [event for event in events if isinstance(event, Push) and event.unasked]
    if len(reports) < limits["reports"] or len(pushes) > limits["pushes_per_report"] * len(reports):
        return None
    usual = cpu * 1000 // length
    met = sum(_busy(load, push.at_us - 850_000, push.at_us - 100_000, usual) for push in pushes)
    onward = sum(_busy(load, one.at_us + 300_000, one.at_us + 1_100_000, usual) for one in reports)
    if 2 * met < len(pushes) or 3 * onward < 2 * len(reports):
        return None  # the processor waits for its messages: a worker
    kept = set(reports)
    # What is no report of this kind may be a result all the same.
    others = [
        Word(event.at_us, event.size) if isinstance(event, Report) and event not in kept else event for event in events
    ]
    unasked, dropped, backlog = _owed(others)
    even = len(reports) >= 3 and 4 * len(reports) >= 3 * sum(isinstance(one, Report) for one in events) and _even(reports)
    moved = load.io_bytes(since, until) * 1_000_000 // cpu
    one_process = load.one_process(since, until)
    return Signs(
        seconds=length // 1_000_000,
        cpu_us=cpu,
        reports=len(reports),
        pushes=len(pushes),
        met_work=met,
        unasked=unasked,
        dropped=dropped,
        backlog=backlog,
        alike=alike,
        even=even,
        constant=even and _short(reports),
        steady=one_process and moved <= limits["steady_io_per_cpu_second"],
        silent=one_process and moved <= limits["silent_io_per_cpu_second"],
        long=length >= limits["long_us"],
        outlived=load.outlived_us(since, until) >= cpu // 2 > 0,
    )


def _within(talk: Talk, since: int, until: int) -> Iterable[Report | Push | Word]:
    return [event for event in talk.events if since <= event.at_us < until]


def _small(talks: Sequence[Talk], since: int, length: int) -> bool:
    sizes = [size for talk in talks for at, size in talk.sizes if at >= since]
    limits = MINING.thresholds
    return max(sizes, default=0) <= limits["turn_bytes"] and sum(sizes) * 1_000_000 <= limits["bytes_per_second"] * length


def _busy(load: Load, since: int, until: int, usual: int) -> bool:
    """Return whether a stretch has a third of the ``usual`` load, thousandths of a core."""
    got = load.cpu_us(since, until) * 1000 // (until - since)
    return got >= max(_IDLE_MILLI, usual // 3)


def of_one_kind(events: Sequence[Report | Push | Word], began_us: int) -> tuple[list[Report], bool]:
    """Return the reports that no timer sends, and whether they have one size.

    Beside its results a client may send keepalives, logins and the like: the most frequent size counts, if it is that of
    half of all.
    """
    reports = [event for event in events if isinstance(event, Report)]
    said = [event for event in events if not isinstance(event, Push)]
    for one in sorted(reports, key=lambda one: -len(_of_size(one.size, reports))):
        kind = _of_size(one.size, reports)
        if len(kind) < 2 or 2 * len(kind) < len(reports):
            break
        if not _timed(kind, _of_size(one.size, said), began_us):
            return kind, True
    return ([], False) if _timed(reports, said, began_us) else (reports, False)


def _of_size(size: int, said: Sequence[S]) -> list[S]:
    return [one for one in said if abs(one.size - size) <= max(8, 0.06 * size)]


def _timed(reports: Sequence[Report], said: Sequence[Report | Word], began_us: int) -> bool:
    """Return whether a timer sends the reports, or they with the other words like them."""
    if not reports:
        return True
    times, all_times = [one.at_us for one in reports], [one.at_us for one in said]
    if on_timer([began_us, *times], [one.silence for one in reports]) or on_timer([began_us, *all_times], []):
        return True
    if len(times) == 3:  # two gaps are alike by chance more easily
        first, second = times[1] - times[0], times[2] - times[1]
        return abs(first - second) <= max(300_000, max(first, second) // 20)
    return len(times) > 3 and on_timer(times, [])


def on_timer(times: Sequence[int], silences: Sequence[int]) -> bool:
    """Return whether a timer sends: after equal gaps, some of which may have been let out, or after equal silences."""
    gaps = [after - before for before, after in pairwise(times)]
    middle, base = median(gaps), min(gaps)
    near = sum(abs(gap - middle) <= max(0.12 * middle, 150_000) for gap in gaps)
    if near == len(gaps) or (len(gaps) >= 6 and 5 * near >= 4 * len(gaps)):
        return True
    if base >= 4_000_000 and all(abs(gap - round(gap / base) * base) <= max(0.02 * gap, 250_000) for gap in gaps):
        return True
    return len(silences) >= 2 and min(silences) >= 2_000_000 and max(silences) - min(silences) <= 300_000


def _owed(events: Sequence[Report | Push | Word]) -> tuple[int, int, int]:
    """Return (reports that no piece of work was waiting for, pieces of work that came on top of another, most at once).

    In doubt the client is believed: one piece may have come with the set-up; everything that came unasked or for a poll may
    be one, and an answer that is larger than the others may bring one; and any word may be a result.
    """
    answers = [event.answer for event in events if isinstance(event, Report)]
    large = 3 * min(answers, default=0) // 2 + 32 if _alike(answers, 8, 10) else _SHORT_ANSWER
    most_waiting, least_waiting, unasked, dropped, backlog = 1, 0, 0, 0, 0
    for event in events:
        if isinstance(event, Push):
            dropped += least_waiting > 0
            most_waiting, least_waiting = most_waiting + 1, least_waiting + 1
            backlog = max(backlog, least_waiting)
            continue
        least_waiting = max(0, least_waiting - 1)
        if isinstance(event, Report):
            unasked += most_waiting == 0
            most_waiting = max(0, most_waiting - 1) + (event.answer > large)
    return unasked, dropped, backlog


def _even(reports: Sequence[Report]) -> bool:
    """Return whether reports have one size, nearly to the byte, and their answers one that is no larger."""
    sizes, answers = [one.size for one in reports], [one.answer for one in reports]
    return _alike(sizes, 4, 0) and _alike(answers, 4, 0) and median(answers) <= median(sizes) + 4


def _short(reports: Sequence[Report]) -> bool:
    """Return whether the answers say no more than yes or no."""
    return median(one.answer for one in reports) <= min(_SHORT_ANSWER, 0.75 * median(one.size for one in reports))


def _alike(sizes: Sequence[int], least: int, percent: int) -> bool:
    """Return whether four fifths are within ``least`` bytes, or ``percent``, of the middle."""
    middle = median(sizes or [0])
    return 10 * sum(abs(size - middle) <= max(least, middle * percent / 100) for size in sizes) >= 8 * len(sizes)
