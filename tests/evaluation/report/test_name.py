import io

import pytest
from rich.console import Console

from vigiles.evaluation.report.name import Name, broken


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("all-but:reasoning-monitor", 12, ["all-but:", "reasoning-", "monitor"]),
        ("all-but:reasoning-monitor", 40, ["all-but:reasoning-monitor"]),
        ("slow-drip wait=4", 12, ["slow-drip", "wait=4"]),
        ("vigiles/plain-insider", 12, ["vigiles/", "plain-", "insider"]),
        ("", 12, [""]),
    ],
)
def test_a_name_is_broken_between_its_words(name: str, width: int, lines: list[str]) -> None:
    assert broken(name, width).splitlines() == [line for line in lines if line]


def test_a_word_that_is_longer_than_its_column_is_folded() -> None:
    file = io.StringIO()
    Console(file=file, width=10).print(Name("x" * 25))
    assert file.getvalue().split() == ["x" * 10, "x" * 10, "x" * 5]
