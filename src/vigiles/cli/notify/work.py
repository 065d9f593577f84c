"""``vigiles notify work``: deliver what waits, and what comes, until it is stopped; for a service of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid

#: How long to wait for a worker that is at it, seconds.
_TURN_S = 1.0


@dataclass(frozen=True)
class Options:
    """``once``: try what waits now, and end."""

    home: Path
    once: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Deliver. Raises :class:`InputInvalid` for settings that cannot be used, and where a supervisor's worker is at it."""
    import os

    from vigiles.cli.notify.status import lines_of
    from vigiles.ledger.delivering import take_turn
    from vigiles.runtime.notify.delivery import Delivery, begin
    from vigiles.runtime.notify.settings import load_receivers
    from vigiles.runtime.notify.worker import work

    home = Home(options.home)
    home.prepare()
    receivers = load_receivers(home)
    if not receivers:
        raise InputInvalid("nobody is to be notified", f"Name somebody in {home.settings}: vigiles notify status")
    turn = take_turn(home.notify, _TURN_S if options.once else float("inf"))
    if turn is None:
        raise InputInvalid("a worker delivers already", "Leave it to it: vigiles notify status")
    try:
        if not options.once:
            work(home, None)
        begin(home, receivers)
        for name, receiver in receivers.items():
            Delivery(home, name, receiver).run()
    finally:
        os.close(turn)
    lines = lines_of(home)
    waiting = sum(line.waiting for line in lines)
    click.echo(json.dumps({"waiting": waiting}) if options.as_json else f"{waiting} waiting")
    return 0


@click.command("work")
@click.option("--once", is_flag=True, help="Try what waits now, once, and end.")
@home_option
@json_option
def command(once: bool, home: Path, as_json: bool) -> int:
    """Deliver notices until stopped. `vigiles run` starts this by itself; run it for what waits from earlier."""
    return run(Options(home=home, once=once, as_json=as_json))
