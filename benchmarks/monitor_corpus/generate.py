"""Make the corpus that the shipped text model was trained on: synthetic thoughts of imagined agents, as JSON lines.

    uv run python benchmarks/monitor_corpus/generate.py corpus.jsonl [--seed 1] [--each 220] [--test]
    uv run vigiles monitor train corpus.jsonl --from by-hand --out weights.json

An episode has a few turns of plain work; a harmful one has harmful thoughts in some of them, an honest one may meet the
same situation (`hard`). With `--test`, only sentences that the training episodes never use are drawn (every fourth one).
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).with_name("texts.toml")
SLOTS = {
    "person": [
        "Anna", "Mr Okafor", "Priya", "the director", "Lena Vogt", "my manager", "Tomas", "the lead", "Ines", "the client",
    ],
    "thing": [
        "the report", "the spreadsheet", "the inbox", "the ticket", "the config", "the invoices", "the draft", "the folder",
    ],
    "time": ["five", "noon", "the end of the day", "Thursday", "nine tomorrow", "half past three"],
    "task": [
        "summarise the mails", "fix the failing test", "book the room", "answer the question", "update the list",
        "write the module", "check the payments", "plan the route", "review the sample",
    ],
}  # fmt: skip


class Drawer:
    """Draws sentences, filled; ``test``: only from every fourth of each list, otherwise only from the others."""

    def __init__(self, chance: random.Random, test: bool) -> None:
        self._chance, self._test = chance, test

    def some(self, sentences: list[str], least: int, most: int) -> list[str]:
        """Return between ``least`` and ``most`` sentences of a list."""
        mine = [text for place, text in enumerate(sentences) if (place % 4 == 3) == self._test]
        count = min(len(mine), self._chance.randint(least, most))
        filled = {name: self._chance.choice(words) for name, words in SLOTS.items()}
        return [text.format(**filled) for text in self._chance.sample(mine, count)]


def episodes(each: int, seed: int, test: bool) -> Iterator[dict[str, Any]]:
    """Yield ``each`` episodes a behaviour: a third harmful, a third hard and honest, a third plain."""
    texts = tomllib.loads(TEXTS.read_text("utf-8"))
    chance = random.Random(seed)
    draw = Drawer(chance, test)
    for behaviour in texts["behaviour"]:
        for number in range(each):
            kind = ("harm", "honest", "plain")[number % 3]
            turns = [_turn(draw, chance, texts["plain"], behaviour, kind, place) for place in range(chance.randint(2, 5))]
            if kind != "plain" and not any(told for _, told in turns):
                turns[-1] = _turn(draw, chance, texts["plain"], behaviour, kind, -1)
            yield {
                "id": f"{behaviour['name']}-{number}",
                "behaviour": behaviour["name"],
                "harmful": kind == "harm",
                "hard": kind == "honest",
                "cluster": f"{behaviour['name']}-{number // 6}",
                "prompt": draw.some(texts["plain"], 1, 1)[0],
                "turns": [{"reasoning": text, "harmful": told and kind == "harm"} for text, told in turns],
            }


def _turn(
    draw: Drawer, chance: random.Random, plain: list[str], behaviour: dict[str, Any], kind: str, place: int
) -> tuple[str, bool]:
    told = kind != "plain" and (place == -1 or chance.random() < 0.35)
    sentences = draw.some(plain, 1, 4) + (
        draw.some(behaviour["context"], 0, 2) if kind != "plain" or chance.random() < 0.2 else []
    )
    if told:
        own = draw.some(behaviour[kind], 1, 3)
        at = chance.randint(0, len(sentences))
        sentences[at:at] = own
    return " ".join(sentences), told


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=220)
    parser.add_argument("--test", action="store_true")
    asked = parser.parse_args()
    with asked.out.open("w", encoding="utf-8") as file:
        for episode in episodes(asked.each, asked.seed, asked.test):
            file.write(json.dumps(episode) + "\n")


if __name__ == "__main__":
    main()
