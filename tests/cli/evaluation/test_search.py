import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_small_search(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    small = ["--candidates", "2", "--rounds", "1", "--seeds", "1", "--fresh", "2", "--agent", "plain-insider"]
    done = vigiles("eval", "search", "--scenario", "leak", "--safeguards", "none", *small, "--out", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    (case,) = json.loads(done.stdout)["worst"]
    assert (case["family"], case["found"]["fresh"]["hits"]) == ("leak", 2)
    shown = vigiles("eval", "show", str(tmp_path))
    assert shown.returncode == 0
    assert b"Worst in leak under none: plain-insider" in shown.stdout
    page = vigiles("eval", "show", str(tmp_path), "--html", "-").stdout
    assert page.startswith(b"<!DOCTYPE html>")
    assert b"Worst in leak under none: plain-insider" in page


def test_no_such_family(vigiles: Callable[..., Any]) -> None:
    done = vigiles("eval", "search", "--scenario", "leek")
    assert done.returncode == 100
    assert b"leek" in done.stderr
