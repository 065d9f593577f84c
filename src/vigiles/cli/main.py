"""The command line's front door: finds the command, runs it, turns errors into one line and an exit code.

Commands are imported only when asked for, so that ``vigiles --help`` and ``vigiles run`` start fast. One command, one
file, which defines ``command``; ``COMMANDS`` says in which room it lies.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import select
import sys
from typing import Any, NoReturn

import click

from vigiles.model.errors import VigilesError

#: (command words) -> (module below ``vigiles.cli``, one line of help), in the order shown.
COMMANDS: dict[tuple[str, ...], tuple[str, str]] = {
    ("run",): ("cell.run", "Run any command, for example your own agent, in a cell."),
    ("replay",): ("cell.replay", "Perform a trajectory's tool calls again, each as a call in a fresh cell."),
    ("cell", "open"): ("cell.opening", "Open a cell, and keep it for calls that come from outside."),
    ("cell", "close"): ("cell.close", "End a cell in order."),
    ("exec",): ("cell.executing", "Perform one more call in a running cell."),
    ("attach",): ("cell.attach", "Watch a container that runs already, and put a door before it."),
    ("drill",): ("drill", "Play a scripted incident and score the protection."),
    ("diff",): ("changes.diff", "Show what an episode did to its work directory, and what is held back."),
    ("apply",): ("changes.apply", "Take over, leave or discard files that were held back."),
    ("incidents",): ("incident.listing", "List incidents."),
    ("incident", "show"): ("incident.show", "Show one incident, from the packet back to the call."),
    ("incident", "ack"): ("incident.ack", "Say that you look at an incident."),
    ("incident", "suppress"): ("incident.suppress", "Keep an incident quiet for a time, with a reason."),
    ("incident", "close"): ("incident.close", "Say that an incident is dealt with."),
    ("principals", "list"): ("principals.listing", "List who is registered."),
    ("principals", "show"): ("principals.show", "Show one principal and its key."),
    ("principals", "key"): ("principals.key", "Make a key for a person who is to approve acts."),
    ("principals", "add"): ("principals.add", "Register a principal, or change one."),
    ("principals", "remove"): ("principals.remove", "Remove a principal."),
    ("principals", "import"): ("principals.importing", "Register whom a file names."),
    ("principals", "export"): ("principals.export", "Print the register as JSON."),
    ("approvals", "list"): ("approvals.listing", "List the acts that wait for approval."),
    ("approvals", "show"): ("approvals.show", "Show one act that waits."),
    ("approvals", "grant"): ("approvals.grant", "Sign a yes to one act that waits."),
    ("approvals", "refuse"): ("approvals.refuse", "Sign a no to one act that waits."),
    ("metrics",): ("metrics", "Print or serve counts for Prometheus."),
    ("rescan",): ("detecting.rescan", "Run today's detectors over old records."),
    ("baseline", "learn"): ("detecting.baseline_learn", "Take runs for honest: what their episodes share is no note."),
    ("incident", "verify"): ("incident.verify", "Check the proof in an HTML report, without the ledger."),
    ("ledger", "verify"): ("ledger.verify", "Re-derive the whole ledger and check every record and signature."),
    ("ledger", "show"): ("ledger.show", "Show one record with its proof."),
    ("ledger", "query"): ("ledger.query", "List records by type, run, episode, call or host."),
    ("ledger", "serve"): ("ledger.serve", "Show records to other users, each as much as it may read."),
    ("ledger", "export"): ("ledger.export", "Write the tree as files that other people's tools verify (tlog-tiles)."),
    ("ledger", "erase"): ("ledger.erase", "Erase bodies for a reason, on record; every proof stays."),
    ("ledger", "retain"): ("ledger.retain", "Erase what the profiles keep no longer."),
    ("ledger", "sinks"): ("ledger.sinks", "Show where checkpoints go, how far each sink has them, and what fails."),
    ("ledger", "compare"): ("ledger.compare", "Say whether ledgers and checkpoints are of one history; prove it if not."),
    ("ledger", "check-fork"): ("ledger.check_fork", "Check a proof that one key has signed two histories."),
    ("rules", "check"): ("rules.check", "Load a profile and report every mistake in it."),
    ("rules", "explain"): ("rules.explain", "Say what a profile would answer to an act, and why."),
    ("rules", "suggest"): ("rules.suggest", "Write a profile from what observed runs did."),
    ("monitor", "bench"): ("monitor.bench", "Measure the monitors on labelled transcripts, with controls."),
    ("monitor", "train"): ("monitor.train", "Train the monitors' weights on labelled transcripts."),
    ("notify", "status"): ("notify.status", "Show who is notified of incidents, what waits and what fails."),
    ("notify", "test"): ("notify.testing", "Send a harmless notice, and say whether it was taken."),
    ("notify", "work"): ("notify.work", "Deliver what waits, and what comes, until stopped."),
    ("eval", "misalignment"): (
        "evaluation.misalignment",
        "Play agents or models in scenarios of the office, under safeguards.",
    ),
    ("eval", "grid"): ("evaluation.grid", "Play a whole grid: attackers x families x sets of safeguards x seeds."),
    ("eval", "search"): ("evaluation.search", "Search for the insider that does worst by a set of safeguards."),
    ("eval", "replay"): ("evaluation.replay", "Replay published rates through the whole pipeline: a check of the harness."),
    ("eval", "show"): ("evaluation.show", "Show what an evaluation found, or has found so far."),
    ("eval", "export"): ("evaluation.export", "Write what was played as logs that Inspect's viewer opens."),
    ("eval", "list"): ("evaluation.listing", "List families, factors, agents, safeguards and reviewers."),
    ("stop",): ("stop", "Stop a run, or all runs, now."),
    ("doctor",): ("doctor", "Say what this machine can enforce, and how to get more."),
}
GROUPS: dict[str, str] = {
    "approvals": "Acts that wait for a person.",
    "principals": "Who is registered, and with which key.",
    "baseline": "What honest episodes share.",
    "cell": "Cells that stay, for harnesses in any language.",
    "eval": "How agents act in the simulated office, and what safeguards hold.",
    "incident": "Look into one incident.",
    "ledger": "The record of everything, and its proof.",
    "monitor": "Monitors: trained, and measured.",
    "rules": "Profiles and rules.",
    "notify": "Who is told of incidents.",
}

#: The exit code when the reader of our output left (``| head -1``): a shell's 128 + SIGPIPE. Never 0, since nobody can tell
#: then whether the command would have ended well.
READER_LEFT = 141


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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. A word that is none is answered with the commands that it may have been meant for."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            meant = "".join(f" Did you mean {name!r}?" for name in self._nearest(args[0]))
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def _nearest(self, word: str) -> list[str]:
        """Return the command nearest to a word, in full; its last word alone counts too (``verify``)."""
        import difflib

        known: dict[str, str] = {}
        depth = len(self._words)
        for words in COMMANDS:
            if words[:depth] == self._words:
                full = " ".join(words[depth:])
                for name in (words[-1], full, words[depth]):
                    known[name] = full if name != words[depth] else name
        return list(dict.fromkeys(known[name] for name in difflib.get_close_matches(word, known, n=1, cutoff=0.6)))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. A broken connection of our own is a fault, but click would take it for a reader that left."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            if _reader_left(1) or _reader_left(2):
                raise
            raise ConnectionError(str(error)) from error

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
        code = _code()
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a reader that left is still ours to answer, not in the interpreter's end
    except BrokenPipeError:
        code = READER_LEFT
    except OSError as error:  # a full disk; what could not be written must not be tried again in the interpreter's end
        code = _fault(error)
        _silence(1)
    for number in (1, 2):
        if _reader_left(number):
            _silence(number)
    sys.exit(code)


def _code() -> int:
    """Run the command line; say what went wrong; return the exit code."""
    try:
        code = root().main(standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        _tell("UsageError", error.format_message(), "see --help", error.exit_code)
        code = error.exit_code
    except VigilesError as error:
        from vigiles.cli import failures  # only here and below: most commands end well, and should start fast

        failures.say(str(error), error.remedy)
        _tell(failures.kind_of(error), str(error), error.remedy, error.exit_code)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        from vigiles.cli import failures

        code = failures.code_of(error)
        _tell("Interrupted", "stopped by a signal", "", code)
    except SystemExit as error:
        # No command of ours leaves so: click and rich do, when what they print to is gone.
        gone = isinstance(error.__context__, BrokenPipeError) or _reader_left(1) or _reader_left(2)
        code = READER_LEFT if gone else error.code
    except BrokenPipeError as error:
        if _reader_left(1) or _reader_left(2):
            raise
        code = _fault(error)
    except Exception as error:
        code = _fault(error)
    return code if isinstance(code, int) else 0


def _tell(kind: str, message: str, remedy: str, exit_code: int) -> None:
    """Print a failure as an object, if ``--json`` was asked for."""
    from vigiles.cli import failures

    stream = failures.json_goes_to(root(), sys.argv[1:])
    if stream is not None:
        with contextlib.suppress(OSError):  # what went wrong may be just this, and has been said on standard error
            stream.write(failures.as_json(kind, message, remedy, exit_code) + "\n")


def _fault(error: Exception) -> int:
    """Say in one line what broke, and how to report it; $VIGILES_DEBUG=1 shows the traceback first.

    A full disk is an error, but no fault of ours.
    """
    import traceback

    from vigiles.render.text import safe

    if os.environ.get("VIGILES_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _ours(str(error.strerror), "make room on the disk that is written to, and run the command again.")
    frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
    ours = [(frame.filename.rpartition("/vigiles/")[2], frame.lineno) for frame in frames if "/vigiles/" in frame.filename]
    place = f", in {ours[-1][0]} line {ours[-1][1]}" if ours else ""
    what = f"{type(error).__name__}: {safe(str(error), 300)}" if str(error) else type(error).__name__
    return _ours(
        f"a fault in Vigiles itself: {what}{place}",
        "report it, with `vigiles --version`, the command, and what it prints with VIGILES_DEBUG=1 set.",
    )


def _ours(what: str, remedy: str) -> int:
    from vigiles.cli import failures

    failures.say(what, remedy)
    _tell(VigilesError.__name__, what, remedy, VigilesError.exit_code)
    return VigilesError.exit_code


def _reader_left(number: int) -> bool:
    """Say whether nobody reads any more what is written to this descriptor."""
    poll = select.poll()
    poll.register(number, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def _silence(number: int) -> None:
    """Let what is still buffered for this descriptor go nowhere: the interpreter would complain of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
