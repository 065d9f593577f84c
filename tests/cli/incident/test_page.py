from __future__ import annotations

import json
import os
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.incident import show
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound

Told = tuple[Path, str]


def invoke(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(show.command, ["--home", str(home), *arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    assert result.return_value == 0
    return result


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


def test_it_writes_one_private_file_and_says_how_to_check_it(told_home: Told, tmp_path: Path) -> None:
    home, incident = told_home
    path = tmp_path / "report.html"
    said = invoke(home, incident, "--html", str(path)).output
    assert f"{incident} is written to {path}" in said
    assert f"vigiles incident verify {path}" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["report.html", "told"]
    page = path.read_text("utf-8")
    assert "Who did it?" in page
    assert "its processes were frozen, 9 ms after the finding" in page
    assert "script" not in Tags(page).seen
    assert "\x1b" not in page


def test_the_last_incident_can_be_asked_for(told_home: Told, tmp_path: Path) -> None:
    home, incident = told_home
    assert incident in invoke(home, "last").output
    assert f"{incident} is written" in invoke(home, "last", "--html", str(tmp_path / "x.html")).output
    (tmp_path / "empty").mkdir(mode=0o700)
    with pytest.raises(NotFound):
        invoke(tmp_path / "empty", "last")


def test_standard_output_gets_the_page_alone(told_home: Told) -> None:
    home, incident = told_home
    out = invoke(home, incident[:10], "--html", "-").stdout
    assert out.startswith("<!DOCTYPE html>")
    assert out.endswith("</html>\n")


def test_json_is_printed_beside_a_file_and_not_beside_a_page(told_home: Told, tmp_path: Path) -> None:
    home, incident = told_home
    path = tmp_path / "report.html"
    assert json.loads(invoke(home, incident, "--json", "--html", str(path)).stdout)["incident"]["incident"] == incident
    assert path.exists()
    with pytest.raises(InputInvalid, match="both go to standard output"):
        invoke(home, incident, "--json", "--html", "-")


def test_an_older_report_is_replaced_and_a_link_does_not_lead_elsewhere(told_home: Told, tmp_path: Path) -> None:
    home, incident = told_home
    other, path = tmp_path / "other", tmp_path / "report.html"
    other.write_text("mine")
    path.symlink_to(other)
    invoke(home, incident, "--html", str(path))
    assert other.read_text() == "mine"
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert not path.is_symlink()


def test_what_cannot_be_written_is_one_error_and_leaves_nothing(told_home: Told, tmp_path: Path) -> None:
    home, incident = told_home
    with pytest.raises(InputInvalid, match="cannot write") as missing:
        invoke(home, incident, "--html", str(tmp_path / "nowhere" / "report.html"))
    assert missing.value.remedy
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputInvalid, match="no regular file"):
        invoke(home, incident, "--html", str(tmp_path / "pipe"))
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".vigiles-report-")]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("CAST(replace(body, 'far.example', 'fan.example') AS BLOB)", "not what the leaf commits to"),
        ("CAST(body AS TEXT)", "is damaged"),
    ],
)
def test_what_is_not_what_was_signed_is_not_reported_as_proved(
    told_home: Told, tmp_path: Path, change: str, problem: str
) -> None:
    import sqlite3

    home, incident = told_home
    with sqlite3.connect(home / "ledger.sqlite3") as db:
        db.execute(f"UPDATE entries SET body = {change} WHERE type = 'act'")
    db.close()
    with pytest.raises(LedgerInvalid, match=problem):
        invoke(home, incident, "--html", str(tmp_path / "report.html"))
    assert not (tmp_path / "report.html").exists()


def test_the_kind_of_a_registered_principal_is_told(told_home: Told, tmp_path: Path, vigiles: Any) -> None:
    from vigiles.ledger.book import Book
    from vigiles.ledger.home import Home
    from vigiles.ledger.key import load_or_make
    from vigiles.ledger.store import Store
    from vigiles.ledger.wire import row_of
    from vigiles.model.principal import Principal
    from vigiles.model.stamp import Stamp

    home, incident = told_home
    book = Book(Store(Home(home).database), load_or_make(Home(home)))
    book.append([row_of(Principal(id="prn-1", at=Stamp(wall_us=1, mono_us=1, boot="b"), name="agent", kind="service"))])
    book.sign()
    book.close()
    done = vigiles("incident", "show", incident, "--home", str(home), "--html", "-")
    assert done.returncode == 0, done.stderr
    assert "The service “agent”, run run-1" in done.stdout.decode()
