"""What the structure tests look at."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "vigiles"


def modules() -> list[Path]:
    """Every Python file of the package, save for the programs that drills play."""
    return sorted(path for path in SRC.rglob("*.py") if not {"scripts", "repo"} & set(path.relative_to(SRC).parts))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``module`` is every module of the package."""
    if "module" in metafunc.fixturenames:
        paths = modules()
        metafunc.parametrize("module", paths, ids=[path.relative_to(SRC).as_posix() for path in paths])


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def src() -> Path:
    return SRC


@pytest.fixture(scope="session")
def trees() -> dict[Path, ast.Module]:
    """Every module of the package, parsed."""
    return {path: ast.parse(path.read_text("utf-8")) for path in modules()}
