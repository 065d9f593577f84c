"""The proof in a report, checked without the ledger; and the commands that the page itself names."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

Told = tuple[Path, str]


@pytest.fixture
def report(told_home: Told, tmp_path: Path, vigiles: Any) -> Path:
    home, incident = told_home
    path = tmp_path / "report.html"
    assert vigiles("incident", "show", incident, "--home", str(home), "--html", str(path)).returncode == 0
    return path


def test_it_holds_when_the_ledger_is_gone(report: Path, told_home: Told, tmp_path: Path, vigiles: Any) -> None:
    key = (told_home[0] / "ledger.vkey").read_text().strip()
    shutil.rmtree(told_home[0])
    done = vigiles("incident", "verify", str(report), env={"VIGILES_HOME": str(tmp_path / "none")})
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert text.startswith("ok: ")
    assert "freeze of episode ep-1: done 9 ms after the finding" in text
    assert "compare it with one that you got in another way (--key)" in text
    assert "\x1b" not in text
    elsewhere = tmp_path / "kept.vkey"
    elsewhere.write_text(key + "\n")
    for told in (key, str(elsewhere)):
        again = vigiles("incident", "verify", str(report), "--key", told)
        assert again.returncode == 0
        assert b"another way" not in again.stdout


def test_the_commands_that_the_page_names_work(report: Path, told_home: Told, vigiles: Any) -> None:
    blocks = re.findall(r"<pre>(.*?)</pre>", report.read_text("utf-8"), re.DOTALL)
    commands = [line for block in blocks for line in html.unescape(block).split("\n") if line.startswith("vigiles ")]
    assert [command.split()[1:3] for command in commands] == [
        ["incident", "verify"],
        ["ledger", "verify"],
        ["ledger", "show"],
    ]
    for command in commands:
        words = [str(report) if word == "REPORT.html" else word for word in shlex.split(command)[1:]]
        done = vigiles(*words, env={"VIGILES_HOME": str(told_home[0])})
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_a_changed_record_a_changed_note_and_a_strange_key_are_found(report: Path, tmp_path: Path, vigiles: Any) -> None:
    text = report.read_text("utf-8")
    at = text.index("proof-bundle")
    for old, new in (("far.example", "fan.example"), ("vigiles/ledger/", "vigiles/lodger/"), ('"index":0', '"index":1')):
        assert old in text[at:]
        changed = tmp_path / "changed.html"
        changed.write_text(text[:at] + text[at:].replace(old, new), "utf-8")
        done = vigiles("incident", "verify", str(changed), "--json")
        assert done.returncode in (100, 104), old
        assert b'"ok": true' not in done.stdout
    other = "x+00000000+AAAA"
    assert vigiles("incident", "verify", str(report), "--key", other).returncode == 100


def test_problems_are_listed(report: Path, vigiles: Any) -> None:
    text = report.read_text("utf-8")
    at = text.index("proof-bundle")
    report.write_text(text[:at] + text[at:].replace("far.example", "fan.example"), "utf-8")
    done = vigiles("incident", "verify", str(report))
    assert done.returncode == 104
    assert b"NOT VALID: " in done.stdout
    assert b"the body is not what the leaf commits to" in done.stdout
    told = json.loads(vigiles("incident", "verify", str(report), "--json").stdout)
    assert told["ok"] is False
    assert told["problems"]


def test_json_holds_the_proved_records(report: Path, told_home: Told, vigiles: Any) -> None:
    told = json.loads(vigiles("incident", "verify", str(report), "--json").stdout)
    assert told["ok"] is True
    assert [item["index"] for item in told["records"]] == [0, 1, 2, 4, 5], "the older version of the incident is left out"
    assert told["checkpoint"]["size"] == 6
    assert {item["record"]["incident"] for item in told["records"] if item["record"]["type"] == "incident"} == {told_home[1]}


@pytest.mark.parametrize(
    "page",
    [
        "", "<html>", "<pre id=proof-bundle>{}</pre>", "<pre id=proof-bundle>" + "[" * 9000,
        "<pre id=proof-bundle></pre><pre id=proof-bundle></pre>",
    ],
)  # fmt: skip
def test_what_is_no_report_is_one_error(page: str, tmp_path: Path, vigiles: Any) -> None:
    path = tmp_path / "page.html"
    path.write_text(page)
    done = vigiles("incident", "verify", str(path))
    assert done.returncode == 100
    assert done.stderr.startswith(b"vigiles:")
    assert b"Traceback" not in done.stderr
    assert vigiles("incident", "verify", str(tmp_path / "none")).returncode == 100
