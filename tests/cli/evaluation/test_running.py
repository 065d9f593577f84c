from pathlib import Path

from vigiles.cli.evaluation.running import made_by, new_folder, progress


def test_a_folder_is_named_for_its_plan_and_the_time() -> None:
    folder = new_folder(Path("/home/x"), "../my plan\x1b")
    assert folder.parent == Path("/home/x/evaluations")
    assert folder.name.startswith("my-plan-2")


def test_who_made_it() -> None:
    assert made_by().startswith("Vigiles ")


def test_where_nobody_watches_nothing_is_drawn(capsys: object) -> None:
    with progress(quiet=True) as told:
        told(None)  # type: ignore[arg-type]  # not looked at
