"""``docs/exit-codes.md``: what a command's exit code means, from the error classes."""

from __future__ import annotations

from pathlib import Path

from markdown import HEAD, first_line, table

_INTRO = """# Exit codes

Codes of our own begin at 100, so `vigiles run` can pass the exit code of your command through. With each of them one line
on standard error says what happened, and one what to do. In Python the same errors are raised
(`vigiles.model.errors`); a refusal by the gate raises nothing there, it is an answer.

A fault in Vigiles itself (110) is one line too; with `VIGILES_DEBUG=1` in the environment the traceback stands before it,
for a report.

## In programs

Under `--json` a failure is one object on standard output, for every command and every code below but 141:

```json
{"error": {"type": "NotFound", "message": "no such thing", "remedy": "what to do", "exit_code": 105}}
```

`type` is a name of the table, or `UsageError` (2) or `Interrupted` (129, 130, 143). Standard error says the same in words.
`vigiles run` prints it as the last line of standard error, where its report goes: its standard output is the command's.
Where a command reports a failure as its result, it prints that result and no second object: `rules check` (101),
`ledger verify` (104), `doctor` (102), `drill` with a missed bar (107), `stop` with a run that is still alive (106), and
`attach` that was ended (103, 106, 109).

## Codes of our own
"""
_OTHERS = (
    ("0", "done; for `vigiles run`: the command ended with 0"),
    ("1 to 99", "`vigiles run` only: the command's own code"),
    ("2", "the command line is wrong: an unknown option, a missing argument"),
    ("125", "`vigiles run`: a wall of the call could not be set up, so nothing was executed"),
    ("126", "`vigiles run`: the command was refused by the rules, or is not executable"),
    ("127", "`vigiles run`: there is no such command in the cell"),
    ("128 + N", "`vigiles run`: the command was ended by signal N"),
    ("129, 143", "`vigiles drill`: stopped by SIGHUP or SIGTERM; nothing is scored, and its folder is removed"),
    ("130", "interrupted from the keyboard (Ctrl-C)"),
    ("141", "whoever read the output left before its end (`| head -1`); `vigiles run` passes on its command's code instead"),
)


def page(root: Path) -> str:
    """Return the page."""
    from vigiles.model import errors

    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.VigilesError) and kind is not errors.VigilesError
    ]
    rows = [(str(kind.exit_code), f"`{kind.__name__}`", first_line(kind.__doc__)) for kind in kinds]
    rows.append((str(errors.VigilesError.exit_code), "`VigilesError`", "Any other error, and a fault in Vigiles itself."))
    return "\n".join(
        [
            HEAD,
            _INTRO,
            table(("Code", "Error", "Meaning"), sorted(rows, key=lambda row: int(row[0]))),
            "## Codes that are not ours\n",
            table(("Code", "Meaning"), _OTHERS),
            "A command may itself end with such a code. `vigiles run --json` tells the two apart: `code` is the command's,",
            "and `not_run` says why it never ran: `denied` by the rules, `not_found` in the cell, `not_executable`,",
            "`no_wall` (a wall of its call could not be set up); null if it ran. A file that the kernel refuses to execute",
            "for what it holds ends with 126 and null: from outside it cannot be told from a command that ended so itself.",
        ]
    )
