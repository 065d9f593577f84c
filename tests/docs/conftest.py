"""The pages and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_FENCE = re.compile(r"^```(.*)\n((?:(?!```).*\n)*?)```$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: ``language`` and ``how`` are the first two words behind the fence."""

    page: str
    line: int
    language: str
    how: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def all_pages() -> list[Path]:
    return [ROOT / name for name in TOP] + sorted((ROOT / "docs").rglob("*.md"))


def all_blocks() -> list[Block]:
    found = []
    for path in all_pages():
        text = path.read_text("utf-8")
        for match in _FENCE.finditer(text):
            language, _, how = match[1].partition(" ")
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(path.relative_to(ROOT).as_posix(), line, language, how, match[2]))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``page`` is every page; ``block`` is every fenced block whose fence the test's ``fences`` list."""
    if "page" in metafunc.fixturenames:
        pages = all_pages()
        metafunc.parametrize("page", pages, ids=[path.relative_to(ROOT).as_posix() for path in pages])
    if "block" in metafunc.fixturenames:
        wanted = getattr(metafunc.function, "fences", ())
        elsewhere = getattr(metafunc.module, "ELSEWHERE", {})
        blocks = [block for block in all_blocks() if f"{block.language} {block.how}".strip() in wanted]
        blocks = [block for block in blocks if block.page not in elsewhere]
        metafunc.parametrize("block", blocks, ids=[str(block) for block in blocks])


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def blocks() -> list[Block]:
    return all_blocks()
