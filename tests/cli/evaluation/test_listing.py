import json

from click.testing import CliRunner

from vigiles.cli.evaluation.listing import command, there


def test_everything_is_listed() -> None:
    shown = CliRunner().invoke(command, []).output
    found = there()
    for name in (*found["families"], *found["factors"], *found["safeguards"], *(agent["name"] for agent in found["agents"])):
        assert name in shown
    assert all(agent["does"] and agent["does"] in shown for agent in found["agents"])
    assert len([agent for agent in found["agents"] if not agent["harmless"]]) >= 14
    assert len(found["families"]) >= 3


def test_a_program_reads_it_too() -> None:
    assert json.loads(CliRunner().invoke(command, ["--json"]).output).keys() == {*there(), "reviewers"}
