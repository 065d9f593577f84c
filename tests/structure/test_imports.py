"""Imports: no cycles, nothing heavy before it is needed, dependencies that are exactly what is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

#: What a start may load beside the standard library: small things that every command needs.
LIGHT = {"vigiles", "click"}
#: Parts of the standard library that cost more than a start may.
HEAVY = {"asyncio", "sqlite3", "ssl", "email", "http", "xml", "unittest", "multiprocessing", "concurrent"}
#: Distribution name -> module, where they differ.
MODULES: dict[str, str] = {}
#: Imported for an extra only, behind a check of its own: distribution name -> modules that come with it.
EXTRAS = {
    "asyncssh": {"asyncssh"},
    "pip": {"pip"},
    "pytest": {"pytest"},
    "inspect-ai": {"inspect_ai"},
    "scikit-learn": {"sklearn", "numpy", "scipy"},
    "zstandard": {"zstandard"},
}
OF_EXTRAS = set().union(*EXTRAS.values())
#: The room that nobody comes into without its extra.
OWN_ROOM = {"inspect_ai": "integrations/inspect/"}


def _loaded(code: str) -> set[str]:
    """Return the names of the modules that are loaded after ``code`` in a fresh interpreter, and not before."""
    program = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()) if done.stdout.strip() else set()


def _foreign(loaded: set[str]) -> set[str]:
    tops = {name.partition(".")[0] for name in loaded}
    return {name for name in tops if name not in sys.stdlib_module_names and not name.startswith("_")} - LIGHT


def test_importing_the_package_imports_nothing() -> None:
    assert _loaded("import vigiles") == {"vigiles"}


@pytest.mark.parametrize("arguments", [["--help"], ["ledger", "--help"], ["rules", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"import sys\nsys.argv = ['vigiles', *{arguments!r}]\nfrom vigiles.cli import main\n"
    code += "try:\n    main.main()\nexcept SystemExit as error:\n    assert not error.code, error.code"
    loaded = _loaded(code)
    assert _foreign(loaded) == set()
    assert {name for name in loaded if name.partition(".")[0] in HEAVY} == set()
    assert {name for name in loaded if name.startswith("vigiles.")} == {
        "vigiles.cli",
        "vigiles.cli.main",
        "vigiles.model",
    } | {"vigiles.model.errors"}


def test_the_measure_of_heaviness_sees_what_is_heavy() -> None:
    loaded = _loaded("import rich.console, asyncio")
    assert "rich" in _foreign(loaded)
    assert "asyncio" in loaded


def _commands() -> list[str]:
    from vigiles.cli import main

    return sorted({module for module, _ in main.COMMANDS.values()})


@pytest.mark.parametrize("command", _commands())
def test_a_commands_module_loads_nothing_heavy(command: str) -> None:
    loaded = _loaded(f"import vigiles.cli.{command}")
    assert _foreign(loaded) <= {"click", "msgspec"}
    assert not {"asyncio", "sqlite3", "ssl", "rich", "cedarpy", "cryptography"} & {n.partition(".")[0] for n in loaded}


def test_packages_import_nothing_of_their_own(trees: dict[Path, ast.Module]) -> None:
    """An ``__init__`` tells a room's theory and imports nothing; ``api`` alone is a face that others import from."""
    guilty = []
    for path, tree in trees.items():
        if path.name == "__init__.py" and path.parent.name != "api":
            guilty += [str(path) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert guilty == []


def _cycles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return one way round for each edge that closes a cycle."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(way: list[str]) -> None:
        for imported in sorted(imports.get(way[-1], ())):
            if imported in way:
                found.append([*way[way.index(imported) :], imported])
            elif imported not in done:
                visit([*way, imported])
        done.add(way[-1])

    for module in sorted(imports):
        if module not in done:
            visit([module])
    return found


def test_the_search_for_cycles_finds_them() -> None:
    assert _cycles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set()}) == [["a", "b", "c", "a"]]
    assert _cycles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def test_there_are_no_cycles() -> None:
    """Modules that import each other cannot be understood one after the other. Imports for types only do not count."""
    graph = grimp.build_graph("vigiles", exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    assert len(imports) > 200
    assert _cycles(imports) == []


@pytest.mark.parametrize(("floor", "known"), [("runtime", "serving"), ("cli", "cell")])
def test_rooms_of_a_floor_look_one_way(floor: str, known: str) -> None:
    """What a room imports imports nothing of it, not for types either. Its heart is in no room; ``known`` imports one."""
    graph = grimp.build_graph("vigiles", cache_dir=None)
    rooms = {child for child in graph.find_children(f"vigiles.{floor}") if graph.find_children(child)}
    assert len(rooms) > 10
    found = {}
    for room in sorted(rooms):
        inside = {room, *graph.find_descendants(room)}
        modules = set().union(*(graph.find_modules_directly_imported_by(module) for module in inside))
        found[room] = {other for other in rooms - {room} if modules & {other, *graph.find_descendants(other)}}
    assert found[f"vigiles.{floor}.{known}"], "no room imports another: the search is broken"
    assert _cycles(found) == []


def test_dependencies_are_what_is_imported(root: Path, trees: dict[Path, ast.Module]) -> None:
    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9_-]", item, maxsplit=1)[0].replace("-", "_") for item in declared}
    imported = set()
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                imported.add(node.module.partition(".")[0])
    foreign = {name for name in imported if name not in sys.stdlib_module_names} - {"vigiles"} - OF_EXTRAS
    assert foreign == {MODULES.get(name, name) for name in names}


def test_extras_are_imported_where_they_are_checked(root: Path, trees: dict[Path, ast.Module]) -> None:
    extras = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    declared = {re.split(r"[^A-Za-z0-9_-]", item, maxsplit=1)[0] for items in extras.values() for item in items}
    assert declared == set(EXTRAS)
    for path, tree in trees.items():
        for node in tree.body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            tops = {name.partition(".")[0] for name in names} & OF_EXTRAS
            outside = {top for top in tops if OWN_ROOM.get(top, "no room") not in path.as_posix()}
            assert not outside, f"{path}: import an extra where it is used"
