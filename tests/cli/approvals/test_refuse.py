from __future__ import annotations

from click.testing import CliRunner

from vigiles.cli.approvals import grant, refuse


def test_both_words_ask_for_a_name_and_a_key() -> None:
    for module in (grant, refuse):
        done = CliRunner().invoke(module.command, ["last"])
        assert done.exit_code == 2
        assert "--as" in done.output
