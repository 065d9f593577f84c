"""``vigiles incident verify``: does a report's proof hold? Needs the report alone: no ledger, no network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.shared_options import json_option
from vigiles.model.errors import InputInvalid, LedgerInvalid

if TYPE_CHECKING:
    from vigiles.ledger.bundle import Checked

#: Larger than any report that Vigiles writes.
_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Options:
    """``key``: a verifier key line, or a file of it, had in another way than with the report."""

    report: Path
    key: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Check and print what is proved. Returns 0, or 104 with every problem. Raises :class:`InputInvalid`."""
    from vigiles.ledger.bundle import check, read_bundle

    checked = check(read_bundle(_bundle_text(options.report)), _key(options.key))
    if options.as_json:
        click.echo(json.dumps(_plain(checked), indent=2))
    else:
        _print(checked, believed=options.key is None)
    return LedgerInvalid.exit_code if checked.problems else 0


def _bundle_text(path: Path) -> str:
    """Return the text of the one element that holds the proof."""
    from html.parser import HTMLParser

    from vigiles.incidents.page.proof import BUNDLE_ID

    class Search(HTMLParser):
        found: list[str] | None = None
        times = 0
        inside = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "pre" and ("id", BUNDLE_ID) in attrs:
                self.times, self.inside, self.found = self.times + 1, True, []

        def handle_endtag(self, tag: str) -> None:
            if tag == "pre":
                self.inside = False

        def handle_data(self, data: str) -> None:
            if self.inside and self.found is not None:
                self.found.append(data)

    search = Search(convert_charrefs=True)
    search.feed(_read(path).decode("utf-8", "replace"))
    search.close()
    if search.found is None or search.times != 1:
        raise InputInvalid(f"{path} holds no proof", "Give a report that vigiles incident show --html wrote.")
    return "".join(search.found)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "Name a file that is there and readable.") from error
    if len(data) > _MOST_BYTES:
        raise InputInvalid(f"{path} is larger than any report", "Give a report that vigiles incident show --html wrote.")
    return data


def _key(told: str | None) -> str | None:
    if told is None:
        return None
    path = Path(told)
    return told if "+" in told and not path.exists() else _read(path).decode("utf-8", "replace").strip()


def _plain(checked: Checked) -> dict[str, Any]:
    import msgspec

    point = checked.checkpoint
    return {
        "ok": not checked.problems,
        "problems": checked.problems,
        "checkpoint": None if point is None else {"origin": point.origin, "size": point.size, "root": point.root.hex()},
        "records": [{"index": index, "record": msgspec.to_builtins(record)} for index, record in checked.records],
    }


def _print(checked: Checked, believed: bool) -> None:
    from vigiles.incidents.page.wording import kind, wording
    from vigiles.render.text import safe
    from vigiles.render.words import count, moment

    if checked.problems:
        click.echo(f"NOT VALID: {count(len(checked.problems), 'problem')}")
        for problem in checked.problems:
            click.echo(f"  {safe(problem, 400)}")
        return
    assert checked.checkpoint is not None
    click.echo(
        f"ok: {count(len(checked.records), 'opened record')} of ledger {safe(checked.checkpoint.origin, 80)}, as signed:"
    )
    for index, record in checked.records:
        click.echo(f"  [{index}] {moment(record.at.wall_us)[:23]} {kind(record)}: {safe(wording(record), 200)}")
    click.echo("  note: the report's other words are not signed; these records are")
    if believed:
        click.echo("  note: the key came with the report; compare it with one that you got in another way (--key)")


@click.command("verify")
@click.argument("report", metavar="REPORT", type=click.Path(path_type=Path))
@click.option("--key", help="The verifier key, or a file of it, had in another way than with the report.")
@json_option
def command(report: Path, key: str | None, as_json: bool) -> int:
    """Check the proof in an HTML report, without the ledger and without a network."""
    return run(Options(report=report, key=key, as_json=as_json))
