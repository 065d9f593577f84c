"""``vigiles ledger serve``: show records to other users of this machine, each as much as the settings let that user read."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid


@dataclass(frozen=True)
class Options:
    """``socket``: where to listen; it needs a folder that the readers can enter."""

    home: Path
    socket: Path
    as_json: bool = False


def run(options: Options) -> int:
    """Serve until stopped. Raises :class:`InputInvalid` for settings that name nobody, and a place that cannot be used."""
    import time

    from vigiles.ledger.desk.readers import load_readers
    from vigiles.ledger.desk.serve import desk
    from vigiles.ledger.home import Home
    from vigiles.render.text import safe

    readers = load_readers(Home(options.home))
    if not readers.bodies and not readers.headers:
        settings = Home(options.home).settings
        raise InputInvalid(f"{settings} names no readers", 'Write [readers] and, say, headers = ["staff"] there.')

    def heard(line: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(f"{stamp} {safe(line, 400)}", file=sys.stderr, flush=True)

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with desk(options.home, readers, options.socket, heard) as serving:
        where = str(options.socket)
        click.echo(json.dumps({"serving": where}) if options.as_json else f"serving at {safe(where, 400)}")
        sys.stdout.flush()
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            return 0
        finally:
            options.socket.unlink(missing_ok=True)
    return 0


@click.command("serve")
@click.option(
    "--socket",
    type=click.Path(path_type=Path),
    required=True,
    help="Where to listen: a path outside the home, in a folder that the readers can enter.",
)
@home_option
@json_option
def command(socket: Path, home: Path, as_json: bool) -> int:
    """Show records to the groups that [readers] in settings.toml names: to those under `bodies` everything, to those under
    `headers` what an erasure would leave, with the proof. Runs until stopped; standard error says who asked for what.
    """
    return run(Options(home, socket, as_json))
