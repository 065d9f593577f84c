from __future__ import annotations

from pathlib import Path

from vigiles.ledger.home import Home
from vigiles.ledger.sinks.state import SinkState, load_state, save_state, state_path


def test_it_is_kept_and_belongs_to_one_target(home: Path) -> None:
    place = Home(home)
    assert load_state(place, "a", "/x") == SinkState(target="/x")
    state = SinkState(target="/x", delivered=7, delivered_us=1, failures=2, failing_us=3, error="why", conflict=True)
    save_state(place, "a", state)
    assert load_state(place, "a", "/x") == state
    assert load_state(place, "a", "/elsewhere") == SinkState(target="/elsewhere"), "another target gets everything"
    assert state_path(place, "a").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.sinks.iterdir()] == ["a.json"]


def test_a_damaged_one_is_as_none(home: Path) -> None:
    place = Home(home)
    save_state(place, "a", SinkState(target="/x", delivered=7))
    for content in (b"", b"{", b'{"delivered":"x"}', b"\xff"):
        state_path(place, "a").write_bytes(content)
        assert load_state(place, "a", "/x") == SinkState(target="/x")
