"""Files stay small, are named for what they hold, say what they are for, and have a test."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

LONGEST = 500
MEDIAN = 150
#: How long ``untested.txt`` may be. Lower it whenever the list is shorter; never raise it.
UNTESTED = 105
#: Names that say nothing: what lands in such a file belongs to nobody.
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "tools", "lib", "base_utils"}


def _lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def test_no_file_is_too_long(root: Path) -> None:
    folders = [root / name for name in ("src", "tests", "scripts", "benchmarks")]
    long = {str(p.relative_to(root)): _lines(p) for folder in folders for p in folder.rglob("*.py") if _lines(p) > LONGEST}
    assert long == {}


def test_files_are_small_on_the_whole(trees: dict[Path, ast.Module]) -> None:
    assert statistics.median(_lines(path) for path in trees) < MEDIAN


def test_no_file_is_named_for_nothing(root: Path) -> None:
    names = {path for name in ("src", "tests", "scripts", "benchmarks") for path in (root / name).rglob("*")}
    assert [str(path) for path in names if path.stem.lower() in FORBIDDEN and "__pycache__" not in path.parts] == []


def test_no_merge_was_left_half_done(root: Path) -> None:
    marks = ("<" * 7 + " ", ">" * 7 + " ")
    texts = [
        path for name in ("src", "tests", "scripts", "benchmarks", "docs", "examples") for path in (root / name).rglob("*.*")
    ]
    texts += [root / name for name in ("README.md", "CHANGELOG.md", "pyproject.toml") if (root / name).exists()]
    kinds = {".py", ".md", ".toml", ".json", ".txt", ".sh", ".c", ".h", ".yaml", ".yml"}
    left = [
        str(path.relative_to(root))
        for path in texts
        if path.suffix in kinds and any(line.startswith(marks) for line in path.read_text("utf-8", "replace").splitlines())
    ]
    assert left == []


def test_every_module_says_what_it_is_for(module: Path, trees: dict[Path, ast.Module]) -> None:
    said = ast.get_docstring(trees[module])
    assert said, "a module docstring is missing"
    assert "to be told" not in said.lower(), "the docstring is a placeholder"


def test_everything_public_says_what_it_is(module: Path, trees: dict[Path, ast.Module]) -> None:
    assert list(_silent(trees[module], "", False)) == []


def _silent(node: ast.AST, inside: str, protocol: bool) -> list[str]:
    """Return the public functions, classes and methods without a docstring.

    Properties of a Protocol may stay silent (the class says what they are), and so may methods that override click's.
    """
    found: list[str] = []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or child.name.startswith("_"):
            continue
        name = f"{inside}{child.name}"
        overrides = inside and child.name in _FOREIGN
        if not ast.get_docstring(child) and not overrides and not protocol:
            found.append(name)
        if isinstance(child, ast.ClassDef):
            is_protocol = any(isinstance(base, ast.Name) and base.id == "Protocol" for base in child.bases)
            found += _silent(child, f"{name}.", is_protocol)
    return found


#: Their names are click's to explain.
_FOREIGN = {"list_commands", "get_command"}


def test_the_search_for_silence_finds_some() -> None:
    tree = ast.parse("def f(): pass\nclass C:\n    '''Said.'''\n    def m(self): pass\n    def _p(self): pass\n")
    assert _silent(tree, "", False) == ["f", "C.m"]


def test_every_file_has_a_test_or_is_listed(root: Path, src: Path, trees: dict[Path, ast.Module]) -> None:
    """``untested.txt`` may only shrink: a new file needs a test, and a file that got one must leave the list."""
    listed = [line for line in (Path(__file__).with_name("untested.txt")).read_text("utf-8").splitlines() if line]
    listed = [line for line in listed if not line.startswith("#")]
    assert listed == sorted(set(listed))
    assert len(listed) <= UNTESTED
    untested = set()
    for path in trees:
        name = path.relative_to(src)
        if path.name == "__init__.py":
            continue
        if not (root / "tests" / name.parent / f"test_{name.name}").exists():
            untested.add(name.as_posix())
    assert untested - set(listed) == set(), "these need a test file of their own"
    gone = {line for line in listed if not (src / line).exists()}
    assert gone == set(), "these are no more; run tests/structure/shrink.py"
    tested = set(listed) - untested - gone
    assert tested == set(), "these have a test now; run tests/structure/shrink.py"
