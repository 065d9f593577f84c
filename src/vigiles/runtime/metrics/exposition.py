"""Prometheus' text exposition format, version 0.0.4, as far as counters, gauges and histograms need it.

Written here, since it is this short: the official client keeps a registry of live objects, which a ledger's counts are not.
The test suite reads it with the official client's parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Metric:
    """``samples`` maps labels to a value. A histogram's value is (upper bounds, counts per bound and above, sum)."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Mapping[Labels, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Histogram:
    """Observations by upper bound; ``counts`` has one more than ``bounds``, for those above all. Labels as in a metric."""

    name: str
    help: str
    bounds: Sequence[float]
    samples: Mapping[Labels, tuple[Sequence[int], float]] = field(default_factory=dict)


def exposition(metrics: Iterable[Metric | Histogram]) -> str:
    """Return the whole text. Samples come in the order of their labels, so equal counts give equal text."""
    lines: list[str] = []
    for metric in metrics:
        kind = "histogram" if isinstance(metric, Histogram) else metric.kind
        lines += [f"# HELP {metric.name} {_help(metric.help)}", f"# TYPE {metric.name} {kind}"]
        if isinstance(metric, Histogram):
            for labels, (counts, total) in sorted(metric.samples.items()):
                lines += _histogram(metric, labels, counts, total)
        else:
            lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in sorted(metric.samples.items())]
    return "\n".join(lines) + "\n"


def _histogram(metric: Histogram, labels: Labels, counts: Sequence[int], total: float) -> list[str]:
    lines, below = [], 0
    for bound, count in zip([*map(_number, metric.bounds), "+Inf"], counts, strict=True):
        below += count
        lines.append(f"{metric.name}_bucket{_labels((*labels, ('le', bound)))} {below}")
    return [*lines, f"{metric.name}_sum{_labels(labels)} {_number(total)}", f"{metric.name}_count{_labels(labels)} {below}"]


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_value(value)}"' for name, value in labels) + "}" if labels else ""


def _value(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
