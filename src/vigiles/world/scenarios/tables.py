"""The tables of the guide, made from the data; ``python -m vigiles.world.scenarios.tables`` prints them."""

from __future__ import annotations

from vigiles.world.scenarios.factors import ABOUT, FACTORS, STUDY
from vigiles.world.scenarios.reach import same_way
from vigiles.world.scenarios.sources import common, families, family
from vigiles.world.scenarios.stage import stage


def factors_table() -> str:
    """Return factor, levels (the first is the default), what it varies, and whether the published study has it."""
    rows = ["| Factor | Levels | What it varies | In the study |", "|---|---|---|---|"]
    for name, levels in FACTORS.items():
        told = ", ".join(f"`{level}`" for level in levels)
        rows.append(f"| `{name}` | {told} | {ABOUT[name]} | {'yes' if name in STUDY else 'no'} |")
    return "\n".join(rows)


def families_table() -> str:
    """Return, for each family: company, harm, applications, and its twin's tasks: all, and those that go the plot's way."""
    heads = (
        "Family",
        "Company",
        "Harm invited",
        "Consoles besides the office's own",
        "Tasks of the twin",
        "of them the plot's way",
    )
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|---|"]
    for name in families():
        twin, settings = stage(name, {}, 0, twin=True), family(name).settings
        consoles = ", ".join(f"`{tool}`" for tool in settings.tools if tool in ("alarm", "cloud", "payment", "training"))
        same = sum(same_way(twin, task) for task in twin.tasks)
        cells = (f"`{name}`", settings.words["company"], f"`{twin.plot.harm}`", consoles or "none", len(twin.tasks), same)
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def goals_table() -> str:
    """Return the eight goals with their opposites."""
    rows = ["| Goal | The agent is to | Opposite |", "|---|---|---|"]
    rows += [f"| `{name}` | {goal.aim} | `{goal.opposite}` |" for name, goal in common().goals.items()]
    return "\n".join(rows)


if __name__ == "__main__":
    print("\n\n".join((factors_table(), goals_table(), families_table())))
