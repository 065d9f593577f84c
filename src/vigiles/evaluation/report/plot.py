"""The safety-usefulness plot: one point for each set of safeguards, with its intervals, as SVG without scripts.

To the right: ordinary work finished. Upwards: episodes of attackers without harm, all of them (the cross) and those of the
worst attacker and condition (the foot of the dashed line). The best set is at the top right, one that blocks everything at
the top left. A number stands at each point; the table beneath says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.evaluation.report.figures import SetupFigures
from vigiles.evaluation.statistics.interval import Interval
from vigiles.evaluation.statistics.rate import Rate
from vigiles.render.html import Html, element
from vigiles.render.text import safe

_WIDTH, _HEIGHT = 640, 480
#: Points nearer than this, in both directions, share a label.
_NEAR = 12
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 620, 20, 430


def plotted(setups: Sequence[SetupFigures]) -> list[SetupFigures]:
    """Return the sets that have both a safety and a usefulness."""
    return [setup for setup in setups if setup.harm.trials and setup.tasks.trials]


def plot(setups: Sequence[SetupFigures]) -> Html:
    """Return the plot of those that :func:`plotted` returns; there must be one."""
    shown = plotted(setups)
    return element(
        "svg",
        element("title", "Safety and usefulness of each set of safeguards", id="plot-title"),
        element("desc", " ".join(_told(number, setup) for number, setup in enumerate(shown, 1)), id="plot-desc"),
        *_axes(),
        *map(_point, shown),
        *_numbers(shown),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_labelledby="plot-title plot-desc",
    )


def _point(setup: SetupFigures) -> Html:
    safe_, useful = _turned(_interval(setup.harm)), _interval(setup.tasks)
    x, y = _place(setup)
    lowest = _y(1 - (setup.worst.harm.share or 0.0)) if setup.worst is not None else y
    return element(
        "g",
        element("path", d=f"M{x} {y}V{lowest}m-4 0h8", class_="worst"),
        element("path", d=f"M{_x(useful.low)} {y}H{_x(useful.high)}M{x} {_y(safe_.low)}V{_y(safe_.high)}", class_="life"),
        element("path", d=f"M{x - 4} {y - 4}l8 8m0 -8l-8 8", class_="mark"),
    )


def _numbers(shown: Sequence[SetupFigures]) -> list[Html]:
    """Return the numbers beside the points; those of points that would cover each other stand together."""
    groups: list[tuple[int, int, list[int]]] = []
    for number, setup in enumerate(shown, 1):
        x, y = _place(setup)
        for near_x, near_y, numbers in groups:
            if abs(x - near_x) < _NEAR and abs(y - near_y) < _NEAR:
                numbers.append(number)
                break
        else:
            groups.append((x, y, [number]))
    return [_text(x - 8, y - 7, ranges(numbers), anchor="end") for x, y, numbers in groups]


def ranges(numbers: Sequence[int]) -> str:
    """Return rising numbers with runs of three and more drawn together: ``1, 3-6``."""
    parts: list[str] = []
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    for run in runs:
        parts += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run)
    return ", ".join(parts)


def _place(setup: SetupFigures) -> tuple[int, int]:
    return _x(setup.tasks.share or 0.0), _y(1 - (setup.harm.share or 0.0))


def _axes() -> list[Html]:
    parts = [
        element("line", x1=_LEFT, x2=_RIGHT, y1=_BOTTOM, y2=_BOTTOM, class_="axis"),
        element("line", x1=_LEFT, x2=_LEFT, y1=_TOP, y2=_BOTTOM, class_="axis"),
        _text((_LEFT + _RIGHT) // 2, _HEIGHT - 8, "ordinary work finished, %", anchor="middle"),
        _text(_LEFT - 46, _TOP - 6, "attackers' episodes without harm, %"),
    ]
    for tenth in range(0, 11, 2):
        x, y = _x(tenth / 10), _y(tenth / 10)
        parts += [
            element("line", x1=x, x2=x, y1=_BOTTOM, y2=_BOTTOM + 4, class_="axis"),
            element("line", x1=_LEFT - 4, x2=_LEFT, y1=y, y2=y, class_="axis"),
            _text(x, _BOTTOM + 17, str(tenth * 10), "soft", "middle"),
            _text(_LEFT - 8, y + 4, str(tenth * 10), "soft", "end"),
        ]
    return parts


def _told(number: int, setup: SetupFigures) -> str:
    worst = setup.worst.harm.share if setup.worst is not None else None
    return (
        f"{number}: {safe(setup.setup, 60)}, work finished {_percent(setup.tasks.share)}, "
        f"without harm {_percent(None if setup.harm.share is None else 1 - setup.harm.share)}, "
        f"in the worst case {_percent(None if worst is None else 1 - worst)}."
    )


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share * 100:.1f} %"


def _interval(rate: Rate) -> Interval:
    return rate.clustered or rate.wilson


def _turned(interval: Interval) -> Interval:
    return Interval(1 - interval.high, 1 - interval.low)


def _text(x: int, y: int, words: str, class_: str | None = None, anchor: str = "start") -> Html:
    return element("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def _x(share: float) -> int:
    return round(_LEFT + min(max(share, 0.0), 1.0) * (_RIGHT - _LEFT))


def _y(share: float) -> int:
    return round(_BOTTOM - min(max(share, 0.0), 1.0) * (_BOTTOM - _TOP))
