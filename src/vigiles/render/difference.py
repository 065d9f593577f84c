"""Two contents of a file as a unified diff that a person can read and that cannot act on the person.

Each line goes through :func:`vigiles.render.text.safe`, tabs apart, which are only wide. Lines end at a line feed and at
nothing else, so that no other character can hide where one begins. What is left out is counted.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator

from vigiles.render.text import safe

#: What is compared of one content, bytes; more lines than this in the part that differs are not matched with each other.
_COMPARED_BYTES = 16 << 20
_MATCHED_LINES = 2000
#: Pairs of equal lines beyond which matching would take too long; a file made for it has no more lines than another.
_MATCHED_PAIRS = 20_000
_CONTEXT = 3
_NO_END = "\\ no newline at the end of the file"
#: Escapes are at most this many times as long as what they stand for.
_ESCAPED = 10
_Code = tuple[str, int, int, int, int]


def is_binary(content: bytes) -> bool:
    """Say whether a content is no text: it has a NUL."""
    return b"\0" in content


def difference(old: bytes | None, new: bytes | None, *, lines: int | None = 200, columns: int | None = 400) -> list[str]:
    """Return the lines of a unified diff without its two heads; ``None`` for a side that is not there.

    At most ``lines`` lines, each of at most ``columns`` characters of content, are returned; where there were more, a line
    or a mark counts them. None: no limit. Equal sides give no line.
    """
    if old == new:
        return []
    if is_binary(old or b"") or is_binary(new or b""):
        return [f"binary, {_bytes(old)} -> {_bytes(new)}" if old is not None and new is not None else _one(old, new)]
    if max(len(old or b""), len(new or b"")) > _COMPARED_BYTES:
        return [f"too large to compare as text, {_bytes(old)} -> {_bytes(new)}"]
    shown: list[str] = []
    left = 0
    for mark, content in _unified(_lines(old), _lines(new)):
        if lines is not None and len(shown) >= lines:
            left += 1
            continue
        shown.append(mark + _line(content, columns))
    if left:
        shown.append(f"… (+{left} lines)")
    return shown


def _one(old: bytes | None, new: bytes | None) -> str:
    return f"binary, {_bytes(new if new is not None else old)}"


def _bytes(content: bytes | None) -> str:
    return "nothing" if content is None else f"{len(content)} bytes"


def _lines(content: bytes | None) -> list[str]:
    if not content:
        return []
    return content.decode("utf-8", "backslashreplace").split("\n")


def _unified(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (mark, line). The last item of a side is what comes after its last line feed: empty, or a line without one."""
    old_open, new_open = bool(old and old[-1]), bool(new and new[-1])
    before, after = (side if open_ else side[:-1] for side, open_ in ((old, old_open), (new, new_open)))
    # The last line of a side counts as another line if it has no end: the mark behind it belongs to it.
    left = [*before[:-1], before[-1] + "\n"] if old_open else before
    right = [*after[:-1], after[-1] + "\n"] if new_open else after
    for group in _groups(left, right):
        first, last = group[0], group[-1]
        yield "", f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from _marked(" ", left[i1:i2])
                continue
            yield from _marked("-", left[i1:i2])
            yield from _marked("+", right[j1:j2])


def _marked(mark: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield mark, line.removesuffix("\n")
        if line.endswith("\n"):
            yield "", _NO_END


def _groups(left: list[str], right: list[str]) -> Iterator[list[_Code]]:
    """Yield the groups of a diff. Equal heads and tails are cut off first; a long rest is one replacement."""
    head = 0
    while head < min(len(left), len(right)) and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < min(len(left), len(right)) - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    a, b = left[head : len(left) - tail], right[head : len(right) - tail]
    if _can_be_matched(a, b):
        codes: list[_Code] = [*difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()]
    else:
        codes = [("replace", 0, len(a), 0, len(b))]
    moved: list[_Code] = [(tag, i1 + head, i2 + head, j1 + head, j2 + head) for tag, i1, i2, j1, j2 in codes]
    if head:
        moved.insert(0, ("equal", 0, head, 0, head))
    if tail:
        moved.append(("equal", len(left) - tail, len(left), len(right) - tail, len(right)))
    yield from _grouped(moved)


def _can_be_matched(a: list[str], b: list[str]) -> bool:
    if max(len(a), len(b)) > _MATCHED_LINES:
        return False
    there = Counter(b)
    return sum(there[line] for line in a) <= _MATCHED_PAIRS


def _grouped(codes: list[_Code]) -> Iterator[list[_Code]]:
    """Yield the codes with :data:`_CONTEXT` equal lines around what differs, as unified diffs have them."""
    group: list[_Code] = []
    for at, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag != "equal":
            group.append((tag, i1, i2, j1, j2))
            continue
        last = at == len(codes) - 1
        if at == 0:
            cut = max(0, i2 - i1 - _CONTEXT)
            group.append((tag, i1 + cut, i2, j1 + cut, j2))
        elif last or i2 - i1 > 2 * _CONTEXT:
            keep = min(_CONTEXT, i2 - i1)
            group.append((tag, i1, i1 + keep, j1, j1 + keep))
            yield group
            group = [] if last else [(tag, i2 - _CONTEXT, i2, j2 - _CONTEXT, j2)]
        else:
            group.append((tag, i1, i2, j1, j2))
    if any(tag != "equal" for tag, *_ in group):
        yield group


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start if not length else start + 1},{length}"


def _line(text: str, columns: int | None) -> str:
    kept = text if columns is None else text[:columns]
    shown = "\t".join(safe(part, len(part) * _ESCAPED) for part in kept.split("\t"))
    return shown if len(kept) == len(text) else f"{shown}…(+{len(text) - len(kept)})"
