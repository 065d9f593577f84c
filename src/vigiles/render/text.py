"""One piece of agent text, made safe for one line of a terminal or a log.

Hostile text can move the cursor, recolour the screen, set the window's title, answer a terminal query, reorder what is read
(bidirectional controls, "Trojan Source", CVE-2021-42574), hide words (zero-width and tag characters) or simply never end.
Here each such character becomes a visible escape, and long text is cut with a marker that says how much is missing.
"""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Sequence

#: Letters and symbols that Unicode does not class as invisible but that fonts draw as nothing.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Format characters are invisible (Cf), separators break lines (Zl, Zp), the rest has no agreed appearance.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Real words stack at most two marks on a letter; more is used to paint over neighbouring lines.
_MARKS_IN_A_ROW = 2


def safe(text: str, limit: int = 200) -> str:
    """Return ``text`` as one printable line: anything that could act or hide is a visible escape.

    At most ``limit`` characters of escaped text are shown; where there was more, ``…(+N)`` follows, N being the number of
    characters of ``text`` that are not shown. An escape is never cut in half. Printable ASCII is returned as it is.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    width = marks = 0
    for position, char in enumerate(text):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        piece = char if _plain(char, category) and marks <= _MARKS_IN_A_ROW else _escape(char)
        if width + len(piece) > limit:
            return "".join(shown) + f"…(+{len(text) - position})"
        shown.append(piece)
        width += len(piece)
    return "".join(shown)


def safe_argv(argv: Sequence[str], limit: int = 200) -> str:
    """Return an argument list as a shell line a person can read, safe and cut like :func:`safe`.

    Arguments are quoted as a shell would need them; an argument with control characters is shown quoted, with escapes.
    """
    parts: list[str] = []
    width = 0
    for position, argument in enumerate(argv):
        head = argument[: limit + 1]
        piece = safe(shlex.quote(head) if len(head) == len(argument) else argument, max(limit - width, 8))
        parts.append(piece)
        width += len(piece) + 1
        if width > limit and position + 1 < len(argv):
            parts.append(f"…(+{len(argv) - position - 1} arguments)")
            break
    return " ".join(parts)


def _plain(char: str, category: str) -> bool:
    if char == " ":
        return True
    return category not in _HIDDEN and category != "Zs" and char not in _BLANK and not "\ufe00" <= char <= "\ufe0f"


def _escape(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    number = ord(char)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
