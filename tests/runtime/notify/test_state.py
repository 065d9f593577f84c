from __future__ import annotations

import stat
from pathlib import Path

from vigiles.ledger.home import Home
from vigiles.runtime.notify.state import State, load_state, save_state, state_path


def test_a_state_comes_back(home: Path) -> None:
    assert load_state(Home(home), "pager") is None
    save_state(Home(home), "pager", State(index=7, told=3, error="no answer"))
    known = load_state(Home(home), "pager")
    assert known is not None
    assert (known.index, known.told, known.error) == (7, 3, "no answer")
    path = state_path(Home(home), "pager")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["pager.json"]


def test_a_broken_state_is_as_none(home: Path) -> None:
    save_state(Home(home), "pager", State())
    state_path(Home(home), "pager").write_text('{"index": ')
    assert load_state(Home(home), "pager") is None
