from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from vigiles.evaluation.grid.folder import EPISODES, PLAN, open_folder, read_folder
from vigiles.evaluation.grid.line import Line, encode
from vigiles.evaluation.grid.plan import Plan, digest
from vigiles.evaluation.played import Played
from vigiles.model.errors import InputInvalid, NotFound


def test_the_plan_is_there_before_the_first_episode(tmp_path: Path, plan: Plan) -> None:
    with open_folder(tmp_path / "new" / "one", plan, 7, "Vigiles"):
        registered, lines, torn = read_folder(tmp_path / "new" / "one")
    assert (registered.plan, registered.digest, registered.written_us) == (plan, digest(plan), 7)
    assert (lines, torn) == ([], False)


def test_lines_are_there_as_they_come_and_again_later(tmp_path: Path, plan: Plan, episode: Callable[..., Played]) -> None:
    line = Line(cell=1, seed=2, played=episode("leak"))
    with open_folder(tmp_path, plan, 7, "Vigiles") as folder:
        folder.add(line)
        assert read_folder(tmp_path)[1] == [line]
    with open_folder(tmp_path, plan, 8, "Vigiles") as folder:
        assert folder.lines == [line]
        assert folder.registered.written_us == 7


def test_a_torn_last_line_is_found_and_cut_off(tmp_path: Path, plan: Plan, episode: Callable[..., Played]) -> None:
    first, second = (Line(cell=1, seed=seed, played=episode()) for seed in (1, 2))
    with open_folder(tmp_path, plan, 7, "Vigiles") as folder:
        folder.add(first)
    for cut in (1, len(encode(second)) // 2, len(encode(second)) - 1):
        with open(tmp_path / EPISODES, "ab") as file:
            file.write(encode(second)[:cut])
        assert read_folder(tmp_path)[1:] == ([first], True)
        with open_folder(tmp_path, plan, 7, "Vigiles") as folder:
            assert (folder.lines, folder.torn) == ([first], True)
    with open_folder(tmp_path, plan, 7, "Vigiles") as folder:
        assert not folder.torn
        folder.add(second)
    assert read_folder(tmp_path)[1:] == ([first, second], False)


def test_other_damage_is_never_a_gap(tmp_path: Path, plan: Plan, episode: Callable[..., Played]) -> None:
    line = encode(Line(cell=1, seed=1, played=episode()))
    with open_folder(tmp_path, plan, 7, "Vigiles"):
        pass
    for data, said in (
        (b"{}\n" + line, "line 1 is damaged"),
        (line + line, "line 2 is damaged: cell 1 seed 1 is there twice"),
        (encode(Line(cell=99, seed=1, played=episode())), "no cell 99"),
    ):
        (tmp_path / EPISODES).write_bytes(data)
        with pytest.raises(InputInvalid, match=said):
            read_folder(tmp_path)
        with pytest.raises(InputInvalid, match=said):
            open_folder(tmp_path, plan, 7, "Vigiles")


def test_another_plan_is_refused(tmp_path: Path, plan: Plan) -> None:
    with open_folder(tmp_path, plan, 7, "Vigiles"):
        pass
    with pytest.raises(InputInvalid, match="registered for another plan"):
        open_folder(tmp_path, msgspec.structs.replace(plan, asks="something else"), 8, "Vigiles")


def test_a_plan_changed_afterwards_is_found(tmp_path: Path, plan: Plan) -> None:
    with open_folder(tmp_path, plan, 7, "Vigiles"):
        pass
    changed = (tmp_path / PLAN).read_text().replace('"seeds": 4', '"seeds": 5')
    (tmp_path / PLAN).write_text(changed)
    with pytest.raises(InputInvalid, match="was changed"):
        read_folder(tmp_path)


def test_episodes_without_a_plan_are_nobodys(tmp_path: Path, plan: Plan, episode: Callable[..., Played]) -> None:
    (tmp_path / EPISODES).write_bytes(encode(Line(cell=0, seed=1, played=episode())))
    with pytest.raises(InputInvalid, match="holds episodes and no"):
        open_folder(tmp_path, plan, 7, "Vigiles")


def test_one_run_at_a_time(tmp_path: Path, plan: Plan) -> None:
    with open_folder(tmp_path, plan, 7, "Vigiles"):
        with pytest.raises(InputInvalid, match="another run writes"):
            open_folder(tmp_path, plan, 7, "Vigiles")


def test_no_results(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        read_folder(tmp_path)
    assert caught.value.remedy


def test_an_episode_that_was_cut_off_may_be_there_again(tmp_path: Path, plan: Plan, episode: Callable[..., Played]) -> None:
    cut = [Line(cell=1, seed=2, played=episode(cost_micro=cost, cut=True)) for cost in (5, 6)]
    other, whole = Line(cell=0, seed=1, played=episode()), Line(cell=1, seed=2, played=episode("leak", cost_micro=7))
    with open_folder(tmp_path, plan, 7, "Vigiles") as folder:
        for line in (cut[0], other, cut[1], whole):
            folder.add(line)
    lines = read_folder(tmp_path)[1]
    assert [(line.job, line.played.cut, line.played.cost_micro) for line in lines] == [
        (whole.job, False, 5 + 6 + 7),
        (other.job, False, 0),
    ]
    with open_folder(tmp_path, plan, 7, "Vigiles") as folder:
        folder.add(whole)
    with pytest.raises(InputInvalid, match="twice"):
        read_folder(tmp_path)
