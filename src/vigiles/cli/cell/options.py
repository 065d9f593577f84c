"""The options of every command that opens a cell, written once, and what is checked of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from vigiles.cli.current_folder import check_here
from vigiles.model.errors import InputInvalid

Function = TypeVar("Function", bound=Callable[..., Any])
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

_OPTIONS = (
    click.option(
        "--profile", default="coding-agent", show_default=True, help="A shipped profile's name or a profile folder."
    ),
    click.option(
        "--workdir", type=click.Path(path_type=Path), default=Path(), help="The folder to work in. [default: here]"
    ),
    click.option("--home", type=click.Path(path_type=Path), default=None, help="Where the ledger lives."),
    click.option("--read", multiple=True, metavar="PATH", help="One more path to show read-only; may be repeated."),
    click.option("--allow", multiple=True, metavar="HOST:PORT", help="One more host to reach; may be repeated."),
    click.option("--env", multiple=True, metavar="NAME", help="One more environment variable to pass; may be repeated."),
    click.option(
        "--rootfs",
        type=click.Path(path_type=Path),
        default=None,
        help="A folder that is the root of the cell, in the place of the host's system folders. It stays as it is.",
    ),
    click.option(
        "--root-inside", is_flag=True, help="With --rootfs: run as uid 0 inside, on a private layer over that folder."
    ),
    click.option(
        "--tier", type=click.Choice(["U-", "U", "R"]), default=None, help="Ask for a tier. [default: the best there is]"
    ),
    click.option("--model-version", default=None, help="The model's version, kept in every record."),
    click.option("--task", default=None, help="The task's name, kept in every record."),
)


def cell_options(function: Function) -> Function:
    """Give a command the options; it gets them as keywords for :func:`order_of`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def order_of(options: dict[str, Any]) -> dict[str, Any]:
    """Check what was typed, and return it as the keywords of :class:`vigiles.runtime.attending.cell_order.CellOrder`.

    Raises :class:`InputInvalid`.
    """
    from vigiles.model.plain import text

    check_here()
    check_hosts(options["allow"])
    check_names(options["env"])
    rootfs: Path | None = options["rootfs"]
    check_paths([options["workdir"], *map(Path, options["read"]), *([] if rootfs is None else [rootfs])])
    return {
        "profile": options["profile"],
        "workdir": options["workdir"],
        "home": options["home"],
        "read": [str(Path(item).absolute()) for item in options["read"]],
        "hosts": list(options["allow"]),
        "names": list(options["env"]),
        "model_version": None if options["model_version"] is None else text(options["model_version"]),
        "task": None if options["task"] is None else text(options["task"]),
        "tier": options["tier"],
        "rootfs": rootfs,
        "root_inside": options["root_inside"],
    }


def check_hosts(hosts: Sequence[str]) -> None:
    """Refuse an ``--allow`` that no profile would take. Raises :class:`InputInvalid` naming the option as it was given."""
    from vigiles.render.text import safe
    from vigiles.ruleset.egress import HostInvalid, join_host_port, split_host_port

    for text in hosts:
        try:
            canonical = join_host_port(*split_host_port(text))
        except HostInvalid as error:
            raise InputInvalid(
                f"--allow {safe(text)}: {error}", "Write HOST:PORT, for example --allow api.example.com:443."
            ) from error
        if canonical != text:
            raise InputInvalid(f"--allow {safe(text)}: this is not in its canonical form", f"Write --allow {canonical}")


def check_names(names: Sequence[str]) -> None:
    """Refuse an ``--env`` that can be no variable's name. Raises :class:`InputInvalid` naming the option as it was given."""
    from vigiles.render.text import safe

    for name in names:
        if not is_variable(name):
            remedy = "Give the name of a variable that is set here; its value is passed. --env NAME"
            raise InputInvalid(f"--env {safe(name)}: this is no environment variable's name", remedy)


def is_variable(name: str) -> bool:
    """Say whether this can be an environment variable's name."""
    return _VARIABLE.fullmatch(name) is not None


def check_paths(paths: Sequence[Path]) -> None:
    """Refuse what no cell can be told to show: messages between our processes, and records, are UTF-8.

    Raises :class:`InputInvalid`.
    """
    from vigiles.render.text import safe

    for path in paths:
        try:
            str(path.absolute()).encode()
        except UnicodeEncodeError as error:
            raise InputInvalid(
                f"{safe(str(path.absolute()))}: this path is not UTF-8", "Rename it, or give another."
            ) from error
