"""The command line's front door: finds the command, runs it, turns errors into one line and an exit code.

Commands are imported only when asked for, so that ``vigiles --help`` and ``vigiles run`` start fast. One command, one
file; a file is ``cli/<group>_<name>.py`` (or ``cli/<name>.py``) and defines ``command``.
"""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from vigiles.model.errors import VigilesError

#: (command words) -> (module, one line of help), in the order shown.
COMMANDS: dict[tuple[str, ...], tuple[str, str]] = {
    ("run",): ("run", "Run any command, for example your own agent, in a cell."),
    ("drill",): ("drill", "Play a scripted incident and score the protection."),
    ("incidents",): ("incidents", "List incidents."),
    ("incident", "show"): ("incident_show", "Show one incident, from the packet back to the call."),
    ("ledger", "verify"): ("ledger_verify", "Re-derive the whole ledger and check every record and signature."),
    ("ledger", "show"): ("ledger_show", "Show one record with its proof."),
    ("ledger", "query"): ("ledger_query", "List records by type, run, episode, call or host."),
    ("rules", "check"): ("rules_check", "Load a profile and report every mistake in it."),
    ("rules", "explain"): ("rules_explain", "Say what a profile would answer to an act, and why."),
    ("stop",): ("stop", "Stop a run, or all runs, now."),
    ("doctor",): ("doctor", "Say what this machine can enforce, and how to get more."),
}
GROUPS: dict[str, str] = {
    "incident": "Look into one incident.",
    "ledger": "The record of everything, and its proof.",
    "rules": "Profiles and rules.",
}


class _Lazy(click.Group):
    """A group that imports a command's module only when the command is asked for."""

    def __init__(self, words: tuple[str, ...], help: str) -> None:
        super().__init__(name=words[-1] if words else "vigiles", help=help, no_args_is_help=True)
        self._words = words

    def list_commands(self, ctx: click.Context) -> list[str]:
        depth = len(self._words)
        return list(dict.fromkeys(words[depth] for words in COMMANDS if words[:depth] == self._words))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        words = (*self._words, cmd_name)
        if words in COMMANDS:
            command: click.Command = importlib.import_module(f"vigiles.cli.{COMMANDS[words][0]}").command
            return command
        if any(known[: len(words)] == words for known in COMMANDS):
            return _Lazy(words, GROUPS[words[-1]])
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List one line a command without importing any of them."""
        rows = []
        for name in self.list_commands(ctx):
            words = (*self._words, name)
            rows.append((name, COMMANDS[words][1] if words in COMMANDS else GROUPS[name]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def root() -> click.Group:
    """Return the whole command tree."""
    group = _Lazy((), "Contain autonomous agents, tie every effect to the call that caused it, answer, and prove it.")
    return click.version_option(package_name="vigiles", prog_name="vigiles")(group)


def main() -> NoReturn:
    """Run the command line and exit. Errors of ours are one line and a remedy on standard error, never a traceback."""
    try:
        code = root().main(standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except VigilesError as error:
        sys.stderr.write(f"vigiles: {error}\n")
        if error.remedy:
            sys.stderr.write(f"  what to do: {error.remedy}\n")
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
