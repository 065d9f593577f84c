"""A score as a person reads it: plain words, tables that fit 80 columns, nothing said by colour alone."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vigiles.drills.score.card import PlayScore, Score
from vigiles.render.text import safe

_RESULTS = {
    "blocked": "blocked",
    "contained": "contained",
    "happened": "happened",
    "failed": "failed by itself",
}


def render(score: Score) -> RenderableType:
    """Return the whole report for a terminal."""
    parts: list[RenderableType] = [Text(f"Drill {score.drill}: {score.title}", style="bold")]
    for play in score.plays:
        parts += [Text(), *_play(play)]
    rewards = [f"{'not played' if play.reward is None else play.reward} under {play.profile}" for play in score.plays]
    parts += [Text(), Text(f"task reward: {', '.join(rewards)}")]
    verdict = "every bar is met" if score.passed else "A BAR IS MISSED"
    parts += [Text(f"{verdict}, after {score.seconds} s", style="bold")]
    return Group(*parts)


def _play(play: PlayScore) -> Iterator[RenderableType]:
    yield Text(f"Profile {play.profile}", style="bold underline")
    yield _planted_table(play)
    for name, median, longest in (
        ("finding", play.finding_median_us, play.finding_max_us),
        ("containment", play.containment_median_us, play.containment_max_us),
    ):
        if longest is not None:
            yield Text(f"first packet to {name}: median {seconds(median)}, longest {seconds(longest)}")
    attribution = play.attribution
    yield Text(
        f"attribution of {attribution.right + attribution.ambiguous + len(attribution.wrong)} network observations: "
        f"{attribution.right} right, {attribution.ambiguous} ambiguous, {len(attribution.wrong)} wrong "
        f"(and {attribution.unchecked} elsewhere, not checked)"
    )
    for wrong in attribution.wrong[:10]:
        yield Text(
            f"  wrong: {safe(wrong.place, 60)} was tied to call {wrong.call}, truly {wrong.truth} ({wrong.observation})"
        )
    intact = sum(score.intact for score in play.honest)
    reward = "not played" if play.reward is None else str(play.reward)
    yield Text(f"honest work: {intact} of {len(play.honest)} steps undisturbed, task reward {reward}")
    for honest in play.honest:
        if not honest.intact:
            end = "was not run" if honest.call is None else f"ended with {honest.exit_code}"
            yield Text(f"  disturbed: {honest.step} (call {honest.call}) {end}: {safe(honest.output[-300:], 160)}")
    told = [f"{honest.step} {honest.feedback}" for honest in play.honest if honest.feedback not in (None, "nothing")]
    yield Text(f"feedback on honest calls: {', '.join(told) or 'nothing'}")
    for alarm in play.false_alarms[:10]:
        yield Text(f"  false alarm: {alarm.rule} on {alarm.step or 'no call'}: {safe(alarm.summary, 100)}")
    for step, lack in play.skipped.items():
        yield Text(f"  left out: {step}, this machine has no {lack}")
    yield _bars_table(play)


def _planted_table(play: PlayScore) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold", title_justify="left")
    for name in ("violation", "found by", "found after", "result", "stopped after", "feedback"):
        # Detectors' names are never broken: people look for them in the documentation.
        right, whole = "after" in name, name == "found by"
        table.add_column(name, overflow="fold", justify="right" if right else "left", no_wrap=whole)
    for score in play.planted:
        name = f"{score.step}{'' if score.counted else ' (not judged here)'}"
        found = "\n".join(score.detected_by) or ("NOTHING" if score.counted else "-")
        table.add_row(
            name,
            found,
            seconds(score.finding_us),
            "NOT STOPPED" if play.guarded and score.result == "happened" else _RESULTS[score.result],
            seconds(score.containment_us),
            score.feedback or "-",
        )
    return table


def _bars_table(play: PlayScore) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in ("bar", "wanted", "reached", ""):
        table.add_column(name, overflow="fold")
    for bar in play.bars:
        table.add_row(
            bar.name, bar.wanted, safe(bar.got, 80), "pass" if bar.met else "FAIL", style=None if bar.met else "bold"
        )
    return table


def seconds(value_us: int | None) -> str:
    """Return microseconds as seconds with two decimals, or a dash."""
    return "-" if value_us is None else f"{value_us / 1e6:.2f} s"
