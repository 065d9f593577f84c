"""``vigiles rules check``: load a profile and say every mistake in it, with file, line and what was probably meant."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from vigiles.model.errors import RulesetInvalid

if TYPE_CHECKING:
    from vigiles.ruleset.mistake import ProfileInvalid


@click.command("check", help="Load PROFILE (a name or a folder) and report every mistake; exit 101 if there is one.")
@click.argument("profile")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def command(profile: str, as_json: bool) -> int:
    """Parse the command line."""
    return run(profile, as_json=as_json)


def run(profile: str, *, as_json: bool) -> int:
    """Print what is in the profile, or its mistakes; return 0 or 101. Raises NotFound where there is no such profile."""
    import msgspec

    from vigiles.ruleset.explain import rule_line
    from vigiles.ruleset.load import load_profile
    from vigiles.ruleset.mistake import ProfileInvalid

    try:
        ruleset = load_profile(profile)
    except ProfileInvalid as error:
        if as_json:
            _write_json({"profile": profile, "valid": False, "mistakes": msgspec.to_builtins(error.mistakes)})
        else:
            _show_mistakes(profile, error)
        return RulesetInvalid.exit_code
    summary = {
        "profile": ruleset.profile.name,
        "valid": True,
        "digest": ruleset.digest,
        "tier": ruleset.profile.tier,
        "mode": ruleset.profile.mode,
        "egress": ruleset.profile.egress.mode,
        "hosts": ruleset.profile.egress.hosts,
        "requests": [rule_line(rule) for rule in ruleset.profile.egress.requests],
        "detectors": ruleset.profile.detectors,
        "rules": [rule.id for rule in ruleset.rules],
    }
    if as_json:
        _write_json(summary)
    else:
        _show_summary(summary)
    return 0


def _write_json(value: object) -> None:
    """Write one line of ASCII: what a profile holds cannot act on a terminal."""
    sys.stdout.write(json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n")


def _show_summary(summary: dict[str, object]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vigiles.render.text import safe

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in summary.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        table.add_row(Text(name), Text("yes" if value is True else safe(shown, limit=2000) or "none"))
    Console(highlight=False).print(table)


def _show_mistakes(profile: str, error: ProfileInvalid) -> None:
    from rich.console import Console
    from rich.text import Text

    from vigiles.render.text import safe

    console = Console(highlight=False, soft_wrap=True)
    for mistake in error.mistakes:
        place = f"{mistake.file}:{mistake.line}" if mistake.line else mistake.file
        said = f"{mistake.where}: {mistake.what}" if mistake.where else mistake.what
        console.print(Text(f"{safe(place, limit=500)}: {safe(said, limit=500)}"))
        if mistake.source:
            console.print(Text(f"    {safe(mistake.source)}"))
        if mistake.hint:
            console.print(Text(f"    what to do: {safe(mistake.hint, limit=500)}"))
    count = len(error.mistakes)
    console.print(Text(f"{safe(profile)}: {count} mistake{'s' if count != 1 else ''}"))
