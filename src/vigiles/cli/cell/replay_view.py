"""A replay as a person reads it: a row for each call, the sums, and what to look at next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigiles.cli import columns
    from vigiles.runtime.trajectory.report import Report, Row

_LIKE = {
    "same": "same",
    "blanks": "same but for blanks at the end",
    "within": "stands within what is recorded",
    "cut": "cut now, so not compared",
    "differs": "differs",
}


def show(report: Report) -> None:
    """Print the report."""
    import click

    from vigiles.cli import columns
    from vigiles.render.words import count

    if report.rows:
        head = columns.Row(("call", "at", "tool", "verdict", "exit", "feedback"), "what; findings; output")
        columns.show(head, [_row(row) for row in report.rows], _sums(report), kept=3, right=(0,))
    else:
        click.echo("no tool calls")
    if report.strangers:
        click.echo(f"{count(report.strangers, 'output')} of no call that stands before it")
    if report.coordinates is not None:
        changed = f"{count(report.changed, 'file')} changed"
        held = f", {count(report.held, 'file')} held back (vigiles diff {report.coordinates.episode})" if report.held else ""
        click.echo(f"{report.coordinates.run} {report.coordinates.episode}, profile {report.profile}: {changed}{held}")
    for incident in report.incidents:
        click.echo(f"look: vigiles incident show {incident}")


def _row(row: Row) -> columns.Row:
    from vigiles.cli import columns
    from vigiles.render.text import safe

    said = [safe(row.what, 160)]
    said += [f"not performed: {safe(row.why, 120)}"] if row.why else []
    said += [f"findings: {', '.join(row.findings)}"] if row.findings else []
    said += [f"output {_LIKE[row.output.likeness]}"] if row.output is not None else []
    said += [f"ended: {row.error}"] if row.error and row.deed == "performed" else []
    return columns.Row(
        (
            "-" if row.call is None else str(row.call),
            row.where.replace("line ", ""),
            safe(row.tool, 24),
            _verdict(row),
            _exit(row),
            row.feedback or "-",
        ),
        "; ".join(said),
    )


def _verdict(row: Row) -> str:
    if row.decision is None:
        return row.deed
    return row.decision if row.decision == "allow" else f"{row.decision} ({row.reason})"


def _exit(row: Row) -> str:
    if row.signal is not None:
        return f"signal {row.signal}"
    return "-" if row.exit_code is None else str(row.exit_code)


def _sums(report: Report) -> str:
    from vigiles.render.words import count

    deeds = [f"{report.count(deed)} {deed}" for deed in ("performed", "recorded", "refused", "judged", "left")]
    parts = [count(len(report.rows), "call") + ":", ", ".join(one for one in deeds if not one.startswith("0 "))]
    likenesses = ", ".join(f"{number} {like}" for like, number in sorted(report.likenesses().items()))
    return " ".join(parts) + (f"; outputs beside the transcript's: {likenesses}" if likenesses else "")
