"""The options of every command that opens a cell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from vigiles.cli.cell.options import cell_options, order_of
from vigiles.model.errors import InputInvalid
from vigiles.runtime.attending.cell_order import CellOrder


def _parsed(*words: str) -> CellOrder:
    got: list[CellOrder] = []

    @click.command()
    @cell_options
    def command(**options: Any) -> None:
        got.append(CellOrder(**order_of(options)))

    result = CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0
    return got[0]


def test_every_option_reaches_the_order(tmp_path: Path) -> None:
    order = _parsed(
        "--profile", "observe", "--workdir", str(tmp_path), "--home", "h", "--read", "x", "--allow", "a.example:443",
        "--env", "KEY", "--rootfs", "r", "--root-inside", "--tier", "U", "--model-version", "m", "--task", "t",
    )  # fmt: skip
    assert order == CellOrder(
        profile="observe", workdir=tmp_path, home=Path("h"), read=[os.path.abspath("x")], hosts=["a.example:443"],
        names=["KEY"], rootfs=Path("r"), root_inside=True, tier="U", model_version="m", task="t",
    )  # fmt: skip
    assert _parsed().profile == "coding-agent"


@pytest.mark.parametrize(
    "words", [("--allow", "a"), ("--allow", "A.example:443"), ("--env", "A=b"), ("--workdir", "\udcff")]
)
def test_what_no_cell_can_have(words: tuple[str, ...]) -> None:
    with pytest.raises(InputInvalid):
        _parsed(*words)
