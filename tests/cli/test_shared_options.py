"""What several commands take means the same in each of them."""

from __future__ import annotations

import importlib

import click
import pytest

from vigiles.ledger.home import default_home

COMMANDS = ("changes.apply", "changes.diff", "incident.listing", "incident.show")


def parameters(name: str) -> dict[str, click.Parameter]:
    command: click.Command = importlib.import_module(f"vigiles.cli.{name}").command
    return {str(one.name): one for one in command.params}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_home_is_asked_for_when_the_command_runs(name: str) -> None:
    home = parameters(name)["home"]
    assert home.opts == ["--home"]
    assert home.default is default_home


@pytest.mark.parametrize("name", [*COMMANDS, "ledger.show", "ledger.verify", "stop"])
def test_json_is_a_flag(name: str) -> None:
    option = parameters(name)["as_json"]
    assert isinstance(option, click.Option)
    assert (option.opts, option.is_flag) == (["--json"], True)
