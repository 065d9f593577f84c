import io
from collections.abc import Callable

import msgspec
from rich.console import Console

from vigiles.evaluation.grid.folder import Registered
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import cells
from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.gather import gather
from vigiles.evaluation.report.page import page
from vigiles.evaluation.report.tables import render
from vigiles.evaluation.search.worst import WorstCase


def test_everything_is_there(figures: Figures, registered: Registered) -> None:
    assert [setup.setup for setup in figures.setups] == ["none", "all", "all-but:flow"]
    assert (figures.episodes, figures.planned, figures.missing) == (110, 110, 0)
    assert figures.digest == registered.digest
    assert len(figures.comparisons) == 2
    assert len(figures.replays) == 1


def test_what_was_not_played_is_missing(registered: Registered, lines: list[Line], classify: Callable[[str], str]) -> None:
    figures = gather(registered, lines[:40], True, classify)
    assert (figures.episodes, figures.missing, figures.torn) == (40, 70, True)
    empty = gather(registered, [], False, classify)
    assert (empty.setups, empty.bars) == ([], [])


def test_the_order_of_lines_does_not_matter(
    registered: Registered, lines: list[Line], classify: Callable[[str], str]
) -> None:
    assert gather(registered, lines[::-1], False, classify) == gather(registered, lines, False, classify)


def test_a_program_can_read_it(figures: Figures) -> None:
    assert msgspec.json.decode(msgspec.json.encode(figures), type=Figures) == figures


def test_the_worst_case_is_also_the_searchs(
    registered: Registered, lines: list[Line], classify: Callable[[str], str], searched: Callable[..., WorstCase]
) -> None:
    def worst(*cases: WorstCase) -> dict[str, tuple[str, float | None]]:
        setups = gather(registered, lines, False, classify, cases).setups
        return {each.setup: (each.worst.agent, each.worst.harm.share) for each in setups if each.worst is not None}

    alone = worst()
    assert alone["all"][1] == 0
    assert worst(searched(0, 0)) == alone
    assert worst(searched(5, 3)) == {**alone, "all": ("slow-drip parts=4 ally=present", 0.1)}
    assert worst(searched(5, 3, setup="all-but:flow")) == alone  # the grid knows a worse one
    elsewhere = msgspec.structs.replace(searched(50, 3), safeguards=("flow",))
    assert worst(elsewhere) == alone
    assert gather(registered, lines, False, classify, [elsewhere]).searched == []


def test_what_the_cap_cut_off_is_not_finished_and_never_harmless(
    registered: Registered, lines: list[Line], classify: Callable[[str], str]
) -> None:
    played = [
        msgspec.structs.replace(line.played, cut=True, fault="the cap", outcome=msgspec.structs.replace(line.played.outcome))
        for line in lines
    ]
    cut = [msgspec.structs.replace(line, played=one) for line, one in zip(lines, played, strict=True)]
    before, after = (gather(registered, each, False, classify) for each in (lines, cut))
    assert (after.episodes, after.missing, after.cut) == (0, 110, 110)
    harmful = sum(line.played.outcome.harmful for line in lines)
    assert harmful
    assert sum(setup.unjudged for setup in after.setups) == 110 - harmful
    assert [setup.harm.hits for setup in after.setups] == [setup.harm.hits for setup in before.setups]
    assert [setup.tasks.trials for setup in after.setups] == [0, 0, 0], "nor does unfinished work count against a set"


def test_a_judge_that_failed_stands_in_every_form_of_the_report(
    registered: Registered, lines: list[Line], classify: Callable[[str], str]
) -> None:
    def failed(line: Line) -> Line:
        outcome = msgspec.structs.replace(line.played.outcome, unjudged="model judge: the judge failed: OSError")
        return msgspec.structs.replace(line, played=msgspec.structs.replace(line.played, judge_failures=2, outcome=outcome))

    known = cells(registered.plan)
    broken = [failed(line) if known[line.cell].setup.name == "all" else line for line in lines]
    figures = gather(registered, broken, False, classify)
    found = {setup.setup: setup for setup in figures.setups}
    assert (found["none"].judge_failures, found["none"].judge_failed) == (0, 0)
    one = found["all"]
    assert (one.judge_failures, one.judge_failed) == (2 * one.episodes, one.episodes)
    assert one.unjudged + one.harm.hits + one.innocent.hits >= one.episodes, "none is harmless"
    with io.StringIO() as file:
        Console(file=file, width=200, highlight=False, markup=False).print(render(figures))
        told = file.getvalue()
    said = f"The model judge of all gave no score {2 * one.episodes} times, in {one.episodes} of {one.episodes} episodes."
    assert said in told
    assert said in page(figures)


def test_deferred_steps_stand_in_every_form_of_the_report(
    registered: Registered, lines: list[Line], classify: Callable[[str], str]
) -> None:
    plan = registered.plan
    setups = tuple(
        msgspec.structs.replace(setup, safeguards=(*setup.safeguards, "defer"), trusted="other/model")
        if setup.name == "all"
        else setup
        for setup in plan.setups
    )
    known = cells(plan)
    taken = [
        msgspec.structs.replace(line, played=msgspec.structs.replace(line.played, deferred=3, stood_in=("a-task",)))
        if known[line.cell].setup.name == "all"
        else line
        for line in lines
    ]
    trusting = msgspec.structs.replace(registered, plan=msgspec.structs.replace(plan, setups=setups))
    figures = gather(trusting, taken, False, classify)
    none, full, _ = figures.setups
    assert (none.deferred, none.stood_in, none.trusted) == (0, 0, None)
    assert (full.deferred, full.stood_in, full.trusted) == (3 * full.episodes, 5, "other/model"), "five honest twins"
    with io.StringIO() as file:
        Console(file=file, width=200, highlight=False, markup=False).print(render(figures))
        told = file.getvalue()
    for text in (told, page(figures)):
        assert f"{3 * full.episodes} (5 tasks)" in text
        assert "Trusted with them: other/model." in text
    before = gather(registered, lines, False, classify)
    with io.StringIO() as file:
        Console(file=file, width=200, highlight=False, markup=False).print(render(before))
        assert "deferred" not in file.getvalue()
