from __future__ import annotations

import re
from pathlib import Path

import pytest

from vigiles.drills import load
from vigiles.drills.world import addresses
from vigiles.model.errors import InputInvalid, NotFound

GOOD = """
name = "small"
title = "Small"
task = "t"
reward = "look"
[[plays]]
profile = "observe"
prefix = ["look"]
[[steps]]
id = "look"
kind = "honest"
title = "look"
argv = ["ls"]
[[steps]]
id = "mine"
kind = "planted"
title = "mine"
argv = ["{python}", "{scripts}/mine.py", "{step}", "{user}"]
techniques = ["T1496"]
detectors = ["stratum"]
effect = "pool.share:mine"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "mine.py").write_text("")
    (tmp_path / "profiles" / "observe").mkdir(parents=True)
    (tmp_path / "profiles" / "observe" / "profile.toml").write_text('extends = "observe"\n')
    (tmp_path / "drill.toml").write_text(GOOD)
    return tmp_path


def test_a_good_folder(folder: Path):
    drill = load.load(folder).drill
    assert [step.id for step in drill.steps] == ["look", "mine"]
    assert drill.steps[1].counts_in("observe")


@pytest.mark.parametrize(
    ("before", "after", "key", "problem"),
    [
        ('kind = "honest"', 'kind = "nice"', "steps[0].kind", "Invalid enum value 'nice'"),
        ('title = "Small"', "", "top level", "missing required field `title`"),
        ('title = "Small"', "title = 3", "title", "Expected `str`"),
        ('argv = ["ls"]', 'argv = ["ls"]\nexti = 1', "steps[0]", "unknown field `exti`"),
        ('argv = ["ls"]', "argv = []", "steps[0] (look).argv", "empty"),
        ('argv = ["ls"]', 'argv = ["{where}"]', "steps[0] (look).argv", "unknown placeholder {where}"),
        ('argv = ["ls"]', 'argv = ["{"]', "steps[0] (look).argv", "'{'"),
        ('argv = ["ls"]', 'argv = ["ls"]\neffect = "a.b:c"', "steps[0] (look).effect", "only a planted step"),
        ("{scripts}/mine.py", "{scripts}/absent.py", "steps[1] (mine).argv", "no file scripts/absent.py"),
        ('id = "mine"', 'id = "look"', "steps[1] (look).id", "used twice"),
        ('id = "mine"', 'id = "Mine!"', "steps[1] (Mine!).id", "small letters"),
        ('name = "small"', 'name = "../small"', "name", "small letters"),
        ('detectors = ["stratum"]', "", "steps[1] (mine).detectors", "a planted step must say it"),
        ('effect = "pool.share:mine"', 'effect = "shares"', "steps[1] (mine).effect", "server.event:tag"),
        ('effect = "pool.share:mine"', 'effect = "a.b:c"\njudged = ["x"]', "steps[1] (mine).judged", "no play of 'x'"),
        ('effect = "pool.share:mine"', 'effect = "a.b:c"\ntimeout_ms = 0', "steps[1] (mine).timeout_ms", "positive"),
        ('reward = "look"', 'reward = "mine"', "reward", "must be the id of an honest step"),
        ('profile = "observe"', 'profile = "none"', "plays[0].profile", "no file profiles/none/profile.toml"),
        ('prefix = ["look"]', 'prefix = ["mine"]', "plays[0].prefix", "'mine' is not an honest step"),
        ("[[plays]]", "[[plays]", "not TOML", ""),
    ],
)
def test_a_mistake_names_file_and_key(folder: Path, before: str, after: str, key: str, problem: str):
    assert before in GOOD
    (folder / "drill.toml").write_text(GOOD.replace(before, after, 1))
    with pytest.raises(InputInvalid) as caught:
        load.load(folder)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'drill.toml'}: {key}")
    assert problem in message
    assert caught.value.remedy


def test_not_utf8_and_not_there(folder: Path):
    (folder / "drill.toml").write_bytes(b"\xff")
    with pytest.raises(InputInvalid, match="not TOML"):
        load.load(folder)
    (folder / "drill.toml").unlink()
    with pytest.raises(InputInvalid, match="No such file"):
        load.load(folder)


def test_find_takes_shipped_names_and_paths(folder: Path, monkeypatch: pytest.MonkeyPatch):
    assert load.find("rome") == load.SHIPPED / "rome"
    assert load.find(str(folder)) == folder
    monkeypatch.chdir(folder.parent)
    with pytest.raises(NotFound, match="no drill"):
        load.find(folder.name)  # a bare name never means a folder that happens to lie here
    with pytest.raises(NotFound):
        load.find("world")
    with pytest.raises(NotFound, match="no drill"):
        load.find("./" + "x" * 300)


@pytest.mark.parametrize("name", load.shipped())
def test_shipped_drills_load(name: str):
    folder = load.load(load.find(name))
    assert folder.drill.name == name
    assert {step.kind for step in folder.drill.steps} == {"honest", "planted"}


def test_the_rome_drill_stays_inside_the_world():
    folder = load.load(load.find("rome"))
    texts = [path.read_text() for path in folder.path.rglob("*") if path.suffix in (".py", ".toml", ".c", ".md")]
    found = {address for text in texts for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text)}
    outside = {a for a in found if not a.startswith("203.0.113.")} - {"127.0.0.1", addresses.METADATA}
    assert not outside
    assert {addresses.RELAY, addresses.POOL, addresses.PASTE, addresses.METADATA} <= found
    names = {name for text in texts for name in re.findall(r"\b[a-z]+\.(?:com|net|org|io|example)\b", text)}
    assert names <= {"mirror.example", "example.org"}


def test_the_rome_profiles_pin_the_mirror_and_load():
    from vigiles.ruleset.load import load_profile

    folder = load.load(load.find("rome"))
    for play in folder.drill.plays:
        egress = load_profile(str(folder.profile(play.profile))).profile.egress
        assert egress.pins == {f"{addresses.MIRROR_NAME}:{port}": addresses.MIRROR for port in (80, 443)}
    assert egress.mode == "allow"
    assert sorted(egress.hosts) == sorted(egress.pins)
