"""Who spoke when: flows as lanes of time, what left the cell above the line, what came in below it.

Direction is told by place, a refusal by a cross, amounts by the words at the lane; colour only repeats it. The table beneath
the picture says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

from vigiles.incidents.page.flow_story import FlowStory
from vigiles.model.observation.flow import Chunk
from vigiles.render.html import Html, element
from vigiles.render.text import safe
from vigiles.render.words import count, size, span

LANES = 12
_WIDTH = 900
_LEFT = 10
_RIGHT = 890
_LANE = 62
_TOP = 34
_BINS = 160
_TALLEST = 16


def plot(stories: Sequence[FlowStory]) -> Html:
    """Return the flows (at most :data:`LANES`, there must be one) as an SVG picture with a title and a description."""
    shown = stories[:LANES]
    start = min(story.began_us for story in shown)
    length = max(max(story.ended_us for story in shown) - start, 1)
    height = _TOP + _LANE * len(shown) + 26
    lanes = [_lane(story, _TOP + _LANE * number, start, length) for number, story in enumerate(shown)]
    return element(
        "svg",
        element("title", f"Flow plot: {count(len(shown), 'flow')} over {span(length)}", id="plot-title"),
        element("desc", " ".join(_told(story, start) for story in shown), id="plot-desc"),
        _text(_LEFT, 14, "above each line: sent by the cell (out); below: received by the cell (in); × refused", "soft"),
        *lanes,
        *_axis(height - 20, length),
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        aria_labelledby="plot-title plot-desc",
    )


def _lane(story: FlowStory, top: int, start: int, length: int) -> Html:
    flow = story.last
    line = top + 36
    begin, end = _x(story.began_us - start, length), _x(story.ended_us - start, length)
    amounts = (
        f"refused ({flow.reason})" if flow.phase == "refused" else f"out {size(flow.bytes_out)}, in {size(flow.bytes_in)}"
    )
    label = f"[{story.index}] {safe(flow.host, 60)}:{flow.port} {flow.protocol}, call {_call(story)}: {amounts}"
    parts = [
        _text(_LEFT, top + 12, label),
        element("line", x1=_LEFT, x2=_RIGHT, y1=line, y2=line, class_="axis"),
        element("line", x1=begin, x2=max(end, begin + 2), y1=line, y2=line, class_="life"),
    ]
    if flow.phase == "refused":
        parts.append(element("path", d=f"M{begin - 5} {line - 5}l10 10m0 -10l-10 10", class_="no"))
    for direction, sign, name in (("o", -1, "out"), ("i", 1, "in")):
        bars = _bars([chunk for chunk in story.chunks if chunk.direction == direction], story.began_us - start, length)
        if bars:
            path = "".join(f"M{x} {line + sign}v{sign * tall}" for x, tall in bars)
            parts.append(element("path", d=path, class_=name))
    return element("g", *parts)


def _bars(chunks: Sequence[Chunk], offset: int, length: int) -> list[tuple[int, int]]:
    """Return (x, height) of the reads of one direction, those of nearly the same moment together."""
    bins: dict[int, int] = {}
    for chunk in chunks:
        place = min(max(offset + chunk.at_us, 0), length) * (_BINS - 1) // length
        bins[place] = bins.get(place, 0) + max(chunk.size, 0)
    most = max(bins.values(), default=0)
    step = (_RIGHT - _LEFT - 4) / (_BINS - 1)
    return [
        (round(_LEFT + 2 + place * step), 3 + round((_TALLEST - 3) * log1p(amount) / log1p(max(most, 1))))
        for place, amount in sorted(bins.items())
    ]


def _axis(y: int, length: int) -> list[Html]:
    parts = [element("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="axis")]
    for quarter in range(5):
        x = _LEFT + (_RIGHT - _LEFT) * quarter // 4
        anchor = ("start", "middle", "middle", "middle", "end")[quarter]
        parts.append(element("line", x1=x, x2=x, y1=y - 3, y2=y + 3, class_="axis"))
        parts.append(_text(x, y + 15, f"+{span(length * quarter // 4)}", "soft", anchor))
    return parts


def _text(x: int, y: int, words: str, class_: str | None = None, anchor: str = "start") -> Html:
    return element("text", words, x=x, y=y, class_=class_, text_anchor=anchor, direction="ltr", unicode_bidi="bidi-override")


def _told(story: FlowStory, start: int) -> str:
    flow = story.last
    fate = f"refused ({flow.reason})" if flow.phase == "refused" else f"{size(flow.bytes_out)} out, {size(flow.bytes_in)} in"
    return (
        f"Flow to {safe(flow.host, 60)} port {flow.port}, {flow.protocol}: began at +{span(story.began_us - start)}, "
        f"{fate}, {story.first_speaker} spoke first."
    )


def _call(story: FlowStory) -> str:
    return "not known" if story.last.attribution.call is None else str(story.last.attribution.call)


def _x(us: int, length: int) -> int:
    return _LEFT + min(max(us, 0), length) * (_RIGHT - _LEFT) // length
