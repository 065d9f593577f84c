from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vigiles.detectors.channels.baseline import LIMIT, Baseline
from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid, LedgerUnwritable
from vigiles.runtime.detecting.baseline import Kept, joined, load, save


def test_it_is_kept_whole_and_closed(home: Path) -> None:
    assert load(Home(home)) == Kept()
    kept = Kept(baseline=Baseline(episodes=2, things={"a": 1}, shapes={"path h/*": 2}), runs=["run-1"])
    save(Home(home), kept)
    assert load(Home(home)) == kept
    assert stat.S_IMODE(Home(home).baseline.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"baseline": 3}', '{"other": 1}'])
def test_a_file_that_is_none_is_named(home: Path, text: str) -> None:
    Home(home).baseline.write_text(text)
    with pytest.raises(InputInvalid, match="cannot use") as error:
        load(Home(home))
    assert "--anew" in error.value.remedy


def test_what_cannot_be_written_is_said(home: Path) -> None:
    (home / "channels-baseline.new").mkdir()
    with pytest.raises(LedgerUnwritable, match="cannot write"):
        save(Home(home), Kept())


def test_joining_adds_and_is_bounded() -> None:
    one = Baseline(episodes=2, things={"a": 1, "b": 2}, shapes={"s": 1})
    other = Baseline(episodes=3, things={"b": 1, "c": 1}, shapes={"s": 3})
    assert joined(one, other) == Baseline(episodes=5, things={"a": 1, "b": 3, "c": 1}, shapes={"s": 4})
    full = Baseline(episodes=1, things={str(number): 1 for number in range(LIMIT)})
    more = joined(full, Baseline(episodes=1, things={"0": 1, "new": 1}))
    assert (len(more.things), more.things["0"]) == (LIMIT, 2)
