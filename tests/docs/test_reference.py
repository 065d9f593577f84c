"""The reference pages are what the code gives, and nothing that a person can meet is undocumented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from vigiles.cli import main
from vigiles.detectors.registry import ACROSS, DETECTORS, rules
from vigiles.model import errors
from vigiles.model.reason import REASON_CODES
from vigiles.model.union import EVENT_TYPES
from vigiles.ruleset.profile import Profile

PAGES = ("attacks.md", "cli.md", "detectors/index.md", "events.md", "exit-codes.md", "reasons.md")


def generate(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "docs"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_pages_are_what_the_code_gives(root: Path) -> None:
    done = generate(root, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PAGES)
def test_a_changed_page_is_noticed_and_put_right(name: str, root: Path, tmp_path: Path) -> None:
    assert generate(root, "--docs", str(tmp_path)).returncode == 0
    page = tmp_path / name
    page.write_text(page.read_text("utf-8").replace("|", "!", 1), "utf-8")
    assert f"docs/{name}" in generate(root, "--check", "--docs", str(tmp_path)).stdout
    generate(root, "--docs", str(tmp_path))
    assert generate(root, "--check", "--docs", str(tmp_path)).returncode == 0


def read(root: Path, name: str) -> str:
    return (root / "docs" / name).read_text("utf-8")


def test_every_record_and_field_is_documented(root: Path) -> None:
    page = read(root, "events.md")
    for name, kind in EVENT_TYPES.items():
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        for field in msgspec.structs.fields(kind):
            assert f"| `{field.name}` |" in section or f"| `{field.name}` |" in page.split("\n## ", 1)[0], (name, field.name)


def test_every_reason_code_is_documented(root: Path) -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", read(root, "reasons.md"), re.MULTILINE)) == set(REASON_CODES)


def test_every_exit_code_is_documented_and_belongs_to_one_error(root: Path) -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.VigilesError)]
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", read(root, "exit-codes.md"), re.MULTILINE)
    assert sorted(rows) == sorted((str(kind.exit_code), kind.__name__) for kind in kinds)
    assert len({code for code, _ in rows}) == len(rows)


def test_every_detector_and_rule_is_documented(root: Path) -> None:
    page = read(root, "detectors/index.md")
    for make in (*DETECTORS, *ACROSS):
        assert f"[{make().name}]({make().name}.md)" in page
    assert set(re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)) == {rule.id for rule in rules()}


def test_every_command_is_documented_and_every_option_says_what_it_does(root: Path) -> None:
    page = read(root, "cli.md")
    for words in main.COMMANDS:
        section = page.split(f"\n## vigiles {' '.join(words)}\n", 1)[1].split("\n## ", 1)[0]
        assert "| Option |" in section
        for option, meaning in re.findall(r"^\| `(--[^`]*)` \| (.*) \|$", section, re.MULTILINE):
            assert meaning.strip(), (words, option)
        assert "--json" in section, words


def test_every_setting_is_documented(root: Path) -> None:
    guide = read(root, "guides/profile.md")
    for field in msgspec.structs.fields(Profile):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            for inner in msgspec.structs.fields(field.type):
                assert f"| `{field.name}.{inner.name}` |" in guide, inner.name


def test_every_environment_variable_of_ours_is_documented(root: Path) -> None:
    page = read(root, "state.md")
    names = set()
    for path in (root / "src" / "vigiles").rglob("*.py"):
        names |= set(re.findall(r"\b(VIGILES_[A-Z_]+)\b", path.read_text("utf-8")))
    assert names == {"VIGILES_DEBUG", "VIGILES_HOME"}
    assert "`VIGILES_HOME`" in page
    assert "`VIGILES_DEBUG=1`" in page


def test_the_state_page_names_every_file_of_the_home(root: Path) -> None:
    from vigiles.ledger.home import Home

    page = read(root, "state.md")
    home = Home(Path("/h"))
    for path in (home.database, home.key, home.verifier, home.socket, home.lock, home.log):
        assert f"`{path.name}`" in page
    used = set()
    for path in (root / "src" / "vigiles").rglob("*.py"):
        used |= set(re.findall(r'\bhome / "([\w-]+)"', path.read_text("utf-8")))
    assert used
    for name in used:
        assert f"`{name}/`" in page, name


def test_the_architecture_shows_the_floors_that_are_enforced(root: Path) -> None:
    import tomllib

    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    assert "```\n" + "\n".join(layers) + "\n```" in read(root, "architecture.md")


def test_the_architecture_names_every_message_between_our_processes(root: Path) -> None:
    from vigiles.cell import door_spawner, messages
    from vigiles.cell.door import messages as door
    from vigiles.ledger import wire
    from vigiles.runtime.serving import shim_server

    page = read(root, "architecture.md")
    for module in (messages, door, door_spawner, wire, shim_server):
        own = [k for k in vars(module).values() if isinstance(k, type) and k.__module__ == module.__name__]
        for kind in own:
            if issubclass(kind, msgspec.Struct) and not kind.__name__.startswith("_") and kind.__name__ != "Row":
                assert f"`{kind.__name__}`" in page, kind


def test_the_threat_model_names_every_attack_that_is_not_stopped(root: Path) -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]* \| \*\*not stopped", read(root, "attacks.md"), re.MULTILINE)
    assert rows
    for row in rows:
        assert f'"{row}"' in read(root, "threat-model.md"), row


def test_the_threat_model_quotes_attacks_that_exist(root: Path) -> None:
    attacks = read(root, "attacks.md")
    quoted = re.findall(r'row[s]? "([^"]+)"(?:, "([^"]+)")?', read(root, "threat-model.md"))
    assert quoted
    for name in [one for pair in quoted for one in pair if one]:
        assert f"| {name} |" in attacks, name
    letters = {
        letter for row in re.findall(r"^\| ([a-n](?:, [a-n])*) ", attacks, re.MULTILINE) for letter in row.split(", ")
    }
    for group in re.findall(r"\brows ((?:[a-n], )*[a-n])\b(?! )", read(root, "threat-model.md")):
        assert set(group.split(", ")) <= letters, group
