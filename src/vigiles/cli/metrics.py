"""``vigiles metrics``: counts of the ledger for Prometheus, once, into a file, or over HTTP."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid


@dataclass(frozen=True)
class Options:
    """``listen``: ``ADDRESS:PORT`` to answer scrapes at; ``textfile``: a file to write instead."""

    home: Path
    listen: str | None = None
    textfile: Path | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Print, write or serve. Raises :class:`InputInvalid`, :class:`LedgerInvalid`."""
    from vigiles.runtime.metrics.collect import Collector

    if options.listen is not None and options.textfile is not None:
        raise InputInvalid("there are two places to go", "Give --listen or --textfile.")
    collector = Collector(options.home)
    if options.listen is not None:
        from vigiles.runtime.metrics.serve import parse_address, server

        with server(parse_address(options.listen), collector.text) as serving:
            host, port = serving.server_address[:2]
            where = f"http://{f'[{host!s}]' if ':' in str(host) else host!s}:{port}/metrics"
            click.echo(json.dumps({"listening": where}) if options.as_json else f"listening on {where}")
            serving.serve_forever()
        return 0
    text = collector.text()
    if options.textfile is not None:
        _write(options.textfile, text)
    elif options.as_json:
        click.echo(json.dumps({"exposition": text}))
    else:
        click.echo(text, nl=False)
    return 0


def _write(path: Path, text: str) -> None:
    """Replace the file whole, as a collector that reads it at any time needs it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, "utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputInvalid(f"cannot write {path}: {error.strerror}", "Name a file that you can write.") from error


@click.command("metrics")
@click.option("--listen", metavar="ADDRESS:PORT", help="Answer scrapes of /metrics here, until stopped; loopback only.")
@click.option("--textfile", type=click.Path(path_type=Path), help="Replace this file, for a node exporter's collector.")
@home_option
@json_option
def command(listen: str | None, textfile: Path | None, home: Path, as_json: bool) -> int:
    """Print counts of the ledger in Prometheus' text format."""
    return run(Options(home=home, listen=listen, textfile=textfile, as_json=as_json))
