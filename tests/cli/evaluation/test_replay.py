import json
from collections.abc import Callable
from typing import Any


def test_what_is_planted_is_counted_and_called_a_replay(vigiles: Callable[..., Any]) -> None:
    words = ["eval", "replay", "--episodes", "10", "--rate", "leak-57", "--rate", "blackmail-0"]
    done = vigiles(*words, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [(row["planted"], row["counted"], row["replay"], row["equal"]) for row in rows] == [
        (6, 6, True, True),
        (0, 0, True, True),
    ]
    shown = vigiles(*words).stdout
    assert b"No row is a result of any model" in b" ".join(shown.split())


def test_no_such_rate(vigiles: Callable[..., Any]) -> None:
    done = vigiles("eval", "replay", "--rate", "leak-58")
    assert done.returncode == 100
    assert b"leak-58" in done.stderr
