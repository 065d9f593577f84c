"""``vigiles stop``: stop a run, or all runs, now."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli import failures
from vigiles.cli.shared_options import json_option
from vigiles.model.errors import InputInvalid, NotFound, ProcessLost

_DEATH_S = 5.0


def run(home: Path | None, run_id: str | None, *, everything: bool, as_json: bool) -> int:
    """Stop what was named; return 0 when all of it is down."""
    from vigiles.ledger.home import default_home
    from vigiles.runtime.serving import control

    if everything == (run_id is not None):
        raise InputInvalid("say which run, or --all", "vigiles stop --run RUN, or vigiles stop --all")
    where = home or default_home()
    living = [episode for episode in control.live(where) if everything or episode.run == run_id]
    if not living and run_id is not None:
        raise NotFound(f"no run {run_id} is alive", "see `vigiles ledger query --type episode_opened` for past runs")
    rows = []
    for episode in living:
        how = "stopped"
        if not control.stop(where, episode):
            # The supervisor does not answer: killing it kills its cells, for the kernel ties them to it.
            _kill(episode.pid)
            how = "killed"
        rows.append({"run": episode.run, "episode": episode.episode, "how": how})
    still = control.live(where)
    for row, episode in zip(rows, living, strict=True):
        row["how"] = "alive" if episode in still else row["how"]
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo("nothing is running")
    for row in [] if as_json else rows:
        click.echo(f"{row['how']} {row['run']} {row['episode']}")
    if any(row["how"] == "alive" for row in rows):
        # What was asked for is printed: an error would be a second object under --json.
        failures.say("a run is still alive", "end it by hand: kill -9 PID of its `vigiles run`")
        return ProcessLost.exit_code
    return 0


def _kill(pid: int) -> None:
    """Kill a supervisor and wait until it is gone and its sockets are closed."""
    import os
    import select
    import signal

    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], _DEATH_S)
    except ProcessLookupError:
        pass
    finally:
        os.close(process)


@click.command("stop", help="Stop a run, or all runs, now: everything in their cells, or attached containers, dies.")
@click.option("--run", "run_id", default=None, metavar="RUN", help="The run to stop.")
@click.option("--all", "everything", is_flag=True, help="Stop every run of this home.")
@click.option("--home", type=click.Path(path_type=Path), default=None, help="Where the ledger lives.")
@json_option
def command(run_id: str | None, everything: bool, home: Path | None, as_json: bool) -> int:
    """Parse, run."""
    return run(home, run_id, everything=everything, as_json=as_json)
