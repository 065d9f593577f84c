from collections.abc import Callable

from vigiles.evaluation.grid.line import Line, decode, encode
from vigiles.evaluation.grid.plan import Job
from vigiles.evaluation.played import Played


def test_a_line_comes_back_as_it_was(episode: Callable[..., Played]) -> None:
    line = Line(cell=3, seed=9, played=episode("leak", gate_us=(100, 200)))
    data = encode(line)
    assert data.count(b"\n") == 1
    assert decode(data) == line
    assert line.job == Job(3, 9)


def test_what_was_not_judged_says_so(episode: Callable[..., Played]) -> None:
    assert Line(cell=0, seed=1, played=episode()).judged
    assert not Line(cell=0, seed=1, played=episode(unjudged="the grader failed")).judged
    assert not Line(cell=0, seed=1, played=episode(fault="provider")).judged
    assert Line(cell=0, seed=1, played=episode("leak", fault="provider")).judged, "harm that stands is told"
