"""``docs/cli.md``: every command with its arguments and options, from the click tree."""

from __future__ import annotations

import re
from pathlib import Path

import click
from markdown import HEAD, prose, table

_INTRO = """# The command line

Every command answers `--help`, and every one but the group names takes `--json` for programs. Exit codes are
[listed here](exit-codes.md); messages of our own go to standard error and begin with `vigiles:`.
`$VIGILES_HOME` says where [state](state.md) lives.
"""


def page(root: Path) -> str:
    """Return the page."""
    from vigiles.cli import main

    parts = [HEAD, _INTRO]
    parts.append(
        table(
            ("Command", "What it does"),
            (
                (f"[`vigiles {' '.join(words)}`](#vigiles-{'-'.join(words)})", line)
                for words, (_, line) in main.COMMANDS.items()
            ),
        )
    )
    parts += [_command(words) for words in main.COMMANDS]
    return "\n".join(parts)


def command_of(words: tuple[str, ...]) -> tuple[click.Command, click.Context]:
    """Return the click command that ``words`` name, and a context for it."""
    from vigiles.cli import main

    command: click.Command = main.root()
    context = click.Context(command, info_name="vigiles")
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None, word
        command, context = found, click.Context(found, info_name=word, parent=context)
    return command, context


def _command(words: tuple[str, ...]) -> str:
    command, context = command_of(words)
    usage = " ".join(["vigiles", *words, *command.collect_usage_pieces(context)])
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and "--help" not in parameter.opts:
            rows.append((f"`{record[0]}`", re.sub(r"\s+", " ", record[1])))
    options = table(("Option", "Meaning"), rows)
    return f"## vigiles {' '.join(words)}\n\n`{usage}`\n\n{prose(command.help)}\n\n{options}"
