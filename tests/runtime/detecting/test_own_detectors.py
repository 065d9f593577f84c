"""Detectors of one's own: named by a profile, offered by an installed package, or the cell does not start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vigiles.detectors.registry import DETECTORS
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.load import load_profile
from vigiles.ruleset.mistake import ProfileInvalid
from vigiles.runtime.detecting.own_detectors import with_own

GUIDE = (Path(__file__).parents[3] / "docs/guides/detector.md").read_text("utf-8")
CLASS = GUIDE.split("```python\n")[1].split("```")[0]
MAIN = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"


def install(folder: Path, **points: str) -> None:
    """Lay out a package as an installer would: a module, and metadata that offer what it holds."""
    (folder / "my_detectors.py").write_text(
        CLASS
        + "\nclass Misnamed(GitHooks):\n    name = 'other'\n"
        + "\nclass Shipped(GitHooks):\n    name = 'stratum'\n"
        + "\nclass Again(GitHooks):\n    name = 'again'\n"
        + "\nclass Odd:\n    name, rules, takes = 'odd', (), ('text',)\n    feed = 1\n"
        + "\ndef raising():\n    raise RuntimeError('not today')\n"
    )
    metadata = folder / "my_detectors-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-detectors\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("[vigiles.detectors]\n" + "\n".join(lines) + "\n")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(
        tmp_path,
        git_hooks="my_detectors:GitHooks",
        misnamed="my_detectors:Misnamed",
        stratum="my_detectors:Shipped",
        again="my_detectors:Again",
        odd="my_detectors:Odd",
        raising="my_detectors:raising",
        absent="my_detectors:Absent",
        nowhere="no_such_module:Absent",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_detectors", raising=False)


@pytest.mark.usefixtures("installed")
def test_only_what_is_named_is_used() -> None:
    assert with_own([]) is DETECTORS
    assert "my_detectors" not in sys.modules, "nothing of it was even imported"
    *others, own = with_own(["git_hooks"])
    assert tuple(others) == DETECTORS
    assert own().name == "git_hooks"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("names", "what", "remedy"),
    [
        (["git_hoks"], "no installed package", 'Did you mean "git_hooks"?'),
        (["zzz"], "no installed package", "Installed are absent, again, git_hooks"),
        (["misnamed"], "calls itself 'other'", "name"),
        (["stratum"], "calls itself 'stratum'", "no other's"),
        (["git_hooks", "again"], "a rule of another's: git_hooks.created", "ids of their own"),
        (["odd"], "makes no detector", "docs/guides/detector.md"),
        (["raising"], "RuntimeError: not today", "Correct the package"),
        (["absent"], "AttributeError", "Correct the package"),
        (["nowhere"], "ModuleNotFoundError", "Correct the package"),
    ],
)
def test_what_cannot_watch_is_refused_by_name(names: list[str], what: str, remedy: str) -> None:
    with pytest.raises(ControlUnavailable) as caught:
        with_own(names)
    assert str(caught.value).startswith(f"detector {names[-1]}: ")
    assert what in str(caught.value)
    assert remedy in caught.value.remedy


def test_without_any_package_it_says_what_to_install() -> None:
    with pytest.raises(ControlUnavailable, match="no installed package") as caught:
        with_own(["git_hooks"])
    assert "vigiles.detectors" in caught.value.remedy


@pytest.mark.parametrize("names", ['["Git-Hooks"]', '["a", "a"]', '[""]', '"git_hooks"', "[1]"])
def test_a_profile_with_a_name_that_is_none(tmp_path: Path, names: str) -> None:
    (tmp_path / "profile.toml").write_text(f'extends = "observe"\ndetectors = {names}\n')
    with pytest.raises(ProfileInvalid, match="detectors"):
        load_profile(tmp_path)


@pytest.mark.cell
def test_a_run_is_watched_by_it_and_refused_without_it(tmp_path: Path, home: Path, workdir: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "profile.toml").write_text('extends = "coding-agent"\ndetectors = ["git_hooks"]\n')
    plant = ["sh", "-c", "mkdir -p .git/hooks; echo x > .git/hooks/pre-commit"]
    words = ["run", "--json", "--profile", str(profile), "--home", str(home), "--", *plant]

    def run(*path: Path) -> subprocess.CompletedProcess[bytes]:
        before = [os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else []
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*before, *map(str, path)])}
        argv = [sys.executable, "-P", "-c", MAIN, *words]
        return subprocess.run(argv, cwd=workdir, env=environment, capture_output=True, timeout=60, check=False)

    without = run()
    assert without.returncode == 102
    assert json.loads(without.stderr.splitlines()[-1])["error"]["message"].startswith("detector git_hooks: ")
    assert not (workdir / ".git").exists()
    package = tmp_path / "package"
    package.mkdir()
    install(package, git_hooks="my_detectors:GitHooks")
    report = json.loads(run(package).stderr.splitlines()[-1])
    assert [finding["rule"] for finding in report["findings"]] == ["git_hooks.created"]
