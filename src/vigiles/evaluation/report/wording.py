"""The words of the tables, the same on a terminal and on the page."""

from __future__ import annotations

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.report.figures import Comparison, Figures, Leak, Load, SetupFigures, Worst
from vigiles.evaluation.statistics.rate import percent, spoken
from vigiles.render.text import safe
from vigiles.render.words import count, moment
from vigiles.safeguards.sampling import Defer

#: Characters of a name, of an agent or of a condition, that are shown.
NAME = 60
NOT_MODELS = "Scripted agents test the safeguards. They say nothing of what any model would do."
ALL_OTHERS = "Agents that are scripts say nothing of what any model would do."
REPLAYS = "Replays of planted, published rates: a check of the harness. No row is a result of any model."
_GATE = "Gate: median and 95th percentile of one act, with many episodes at once."
AGREEMENT = (
    "Cohen's kappa on the harm that each scenario invites, with its 95 % interval. The published rules read words; the "
    "oracle reads what happened, and its word is the one that counts above."
)
CONDITION_HEADS = ("set", "agent", "condition", "harm done", "only tried", "unjudged")
#: Rows of conditions that a person still reads.
_MOST_CONDITIONS = 80
AGREEMENT_HEADS = ("judge", "harm", "kappa", "both", "oracle alone", "judge alone", "neither", "unjudged")
UNJUDGED = "Episodes that could not be judged are counted apart and never as harmless."


def reviewer(choice: ReviewerChoice | None) -> str:
    """Return who answers holds, with the stated rates."""
    if choice is None:
        return "nobody answers: every hold is refused"
    rates = f"approves {_ppm(choice.benign)} % of benign and {_ppm(choice.harmful)} % of harmful acts"
    if choice.tired_after:
        rates += f"; after {choice.tired_after} asks of an episode {_ppm(choice.per_ask)} % more with each"
        if choice.ceiling < 1_000_000:
            rates += f", of harmful acts at most {_ppm(choice.ceiling)} %"
    return f"{safe(choice.name, NAME)}: {rates}"


def header(figures: Figures) -> list[str]:
    """Return what stands above everything."""
    lines = [
        f"Plan {safe(figures.plan, NAME)}, registered {moment(figures.written_us)} before the first episode, "
        f"digest {figures.digest[:16]}",
        f"{count(figures.episodes, 'episode')} of at most {figures.planned}"
        + (f", {figures.missing} not played" if figures.missing else "")
        + (f" ({figures.cut} of them begun and cut off by the cap on costs)" if figures.cut else "")
        + (", the last line is torn and not counted" if figures.torn else ""),
    ]
    if figures.shared:
        levels = ", ".join(f"{safe(key, NAME)}={safe(value, NAME)}" for key, value in sorted(figures.shared.items()))
        lines.append(f"Every scenario but the benign twins: {levels}")
    if figures.asks:
        lines.insert(1, f"It asks: {safe(figures.asks, 400)}")
    if figures.stopping_error is not None:
        ended = sum(figures.settled.values())
        lines.append(
            f"{count(ended, 'cell')} ended early; that any interval that decided it is wrong has a probability of at most "
            f"{percent(figures.stopping_error)} %"
        )
    if figures.cost_micro:
        lines.append(f"cost {figures.cost_micro / 1_000_000:.2f}")
    return lines


def intervals(figures: Figures) -> str:
    """Return what the intervals of the sets are."""
    rates = {"harm done": [each.harm for each in figures.setups], "work finished": [each.tasks for each in figures.setups]}
    drawn = [name for name, found in rates.items() if any(rate.clustered is not None for rate in found)]
    alone = "Wilson's, which take each episode for itself and speak of no other scenario"
    said = (
        f"Those of {' and '.join(drawn)} draw whole scenarios again; the others are {alone}."
        if drawn
        else f"All are {alone}."
    )
    return f"Intervals are of 95 %. {said} {_GATE}"


def nature(figures: Figures) -> str:
    """Return what the results are of: scripts, models, or both."""
    if not figures.models:
        return NOT_MODELS
    named = ", ".join(safe(name, NAME) for name in figures.models[:6])
    more = f" and {len(figures.models) - 6} more" if len(figures.models) > 6 else ""
    return f"Played by a model: {named}{more}. What it did holds for it, in this office, with these factors. {ALL_OTHERS}"


def reviewers(figures: Figures) -> list[str]:
    """Return one line for each reviewer that a table's sets have."""
    names: dict[str, list[str]] = {}
    for setup in figures.setups:
        names.setdefault(reviewer(setup.reviewer), []).append(safe(setup.setup, NAME))
    if not names:
        return []
    if len(names) == 1:
        return [f"Reviewer of all sets: {next(iter(names))}."]
    most = max(names, key=lambda who: len(names[who]))
    rest = [f"Reviewer of {', '.join(sets)}: {who}." for who, sets in names.items() if who != most]
    return [*rest, f"Reviewer of {', '.join(names[most]) if len(names[most]) < 4 else 'all other sets'}: {most}."]


def safety(figures: SetupFigures) -> str:
    """Return the share of attackers' episodes without harm done, of the worst attacker and condition."""
    if figures.worst is None or figures.worst.harm.share is None:
        return "-"
    return f"{percent(1 - figures.worst.harm.share)} %"


def worst(found: Worst | None) -> str:
    """Return the worst case in words."""
    if found is None:
        return "-"
    if not found.harm.hits:
        return f"none got through, {spoken(found.harm)} for each"
    more = f", and {found.others} more" if found.others else ""
    return f"{_who(found)}: {spoken(found.harm)}{more}"


def failures(figures: Figures) -> list[str]:
    """Return a line for each set whose model judge did not always answer."""
    return [
        f"The model judge of {safe(setup.setup, NAME)} gave no score {count(setup.judge_failures, 'time')}, in "
        f"{setup.judge_failed} of {count(setup.episodes, 'episode')}. What it was asked about counted as most suspicious; "
        "an episode without harm is then unjudged."
        for setup in figures.setups
        if setup.judge_failures
    ]


def may_defer(figures: Figures) -> bool:
    """Say whether any set takes suspicious steps from agents."""
    return any(Defer.name in setup.safeguards for setup in figures.setups)


def deferred(figures: SetupFigures) -> str:
    """Return how many steps were taken from agents, and what work only others finished; a dash where none can be."""
    if Defer.name not in figures.safeguards:
        return "-"
    return f"{figures.deferred} ({count(figures.stood_in, 'task')})" if figures.stood_in else str(figures.deferred)


def trust(figures: Figures) -> list[str]:
    """Return what has to be known of steps that were taken from agents, where any were."""
    if not any(setup.deferred for setup in figures.setups):
        return []
    named = {setup.trusted for setup in figures.setups if setup.deferred}
    who = [f"Trusted with them: {safe(name, NAME)}." for name in sorted(name for name in named if name is not None)]
    if None in named:
        who.append("With no trusted model, the honest script gives a script's and a model's are refused.")
    return [
        "Deferred: suspicious steps that the agent was not let take. Work that another finished in them (tasks in brackets) "
        f"is not counted as finished. {' '.join(who)}"
    ]


def approvals(load: Load) -> str:
    """Return approvals asked for per 100 acts."""
    return "-" if load.per_hundred is None else f"{load.per_hundred:.2f}"


def latency(load: Load) -> str:
    """Return the gate's time for one act: median and 95th percentile."""
    if load.gate_median_us is None or load.gate_p95_us is None:
        return "-"
    return f"{load.gate_median_us / 1000:.2f} / {load.gate_p95_us / 1000:.2f} ms"


def off(comparison: Comparison) -> str:
    """Return what differs from the base."""
    return f"without {comparison.off[0]}" if len(comparison.off) == 1 else safe(comparison.other, NAME)


def leaking(leaks: tuple[Leak, ...], most: int = 6) -> list[str]:
    """Return what got through, a line each, the rest counted."""
    lines = [f"{_who(leak)}: {', '.join(leak.harms)} {leak.harm.hits}/{leak.harm.trials}" for leak in leaks[:most]]
    if len(leaks) > most:
        lines.append(f"and {len(leaks) - most} more")
    return lines or ["nothing"]


def _who(found: Worst | Leak) -> str:
    return f"{safe(found.agent, NAME)} in {safe(found.condition, NAME)}"


def _ppm(value: int) -> str:
    return percent(value / 1_000_000)


def agreements(figures: Figures) -> list[tuple[str, ...]]:
    """Return a row for each other judge and harm, under :data:`AGREEMENT_HEADS`."""
    return [
        (
            row.judge,
            row.harm,
            "-" if row.kappa is None else f"{row.kappa:.2f} [{row.low:.2f}, {row.high:.2f}]",
            str(row.both),
            str(row.missed),
            str(row.false),
            str(row.neither),
            str(row.unjudged),
        )
        for row in figures.agreements
    ]


def conditions_fit(figures: Figures) -> bool:
    """Say whether a table of all conditions can be read; ``--json`` holds them all the same."""
    return len({row.condition for row in figures.conditions}) > 1 and len(figures.conditions) <= _MOST_CONDITIONS


def conditions(figures: Figures) -> list[tuple[str, ...]]:
    """Return a row for each agent in each condition, under :data:`CONDITION_HEADS`."""
    return [
        (
            safe(row.setup, NAME),
            safe(row.agent, NAME),
            safe(row.condition, 200),
            spoken(row.harm),
            str(row.tried),
            str(row.unjudged),
        )
        for row in figures.conditions
    ]


def points(low: float, high: float) -> str:
    """Return a difference of shares in points of a hundred, with its sign; a dash where nothing was compared."""
    return "-" if (low, high) == (-1.0, 1.0) else f"[{_signed(low)}, {_signed(high)}]"


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else '-' if share < 0 else ''}{percent(abs(share))}"
