from __future__ import annotations

import re
from pathlib import Path

from vigiles.incidents.page.style import CSS


def test_it_serves_dark_screens_and_paper_and_loads_nothing() -> None:
    assert "prefers-color-scheme:dark" in CSS
    assert "size:A4" in CSS
    assert "break-inside:avoid" in CSS
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_every_colour_is_named_once_for_each_light() -> None:
    roots = re.findall(r":root\{([^}]*)\}", CSS)
    assert len(roots) == 3
    assert len({tuple(re.findall(r"--(\w+):", root)) for root in roots}) == 1


def test_every_class_it_speaks_of_is_used_by_a_section() -> None:
    sources = "".join(
        path.read_text("utf-8") for path in (Path(__file__).parents[3] / "src/vigiles/incidents/page").glob("*.py")
    )
    for name in set(re.findall(r"\.([a-z]+)[\s{:>,]", CSS)):
        assert re.search(rf'(?:class_="|, "){name}"|\("o", -1, "{name}"|\("i", 1, "{name}"', sources), name


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_words_can_be_read_on_what_is_behind_them() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    for root in re.findall(r":root\{([^}]*)\}", CSS):
        colours = dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})", root))
        for name in ("ink", "soft", "bad", "out", "in"):
            for behind in ("back", "panel"):
                assert contrast(colours[name], colours[behind]) >= 4.5, (name, behind)
