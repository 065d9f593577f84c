"""The sockets of one cell: pairs that belong together, and init's first word."""

from __future__ import annotations

import os

from vigiles.cell import wire
from vigiles.cell.ends import Ends, first_word
from vigiles.cell.messages import CellFailed, CellUp


def test_each_end_leads_to_its_other() -> None:
    before = len(os.listdir("/proc/self/fd"))
    ends = Ends.make()
    pairs = [
        (ends.to_init, ends.init), (ends.to_notifier, ends.notifier), (ends.tags, ends.tags_out),
        (ends.report, ends.report_out), (ends.ports, ends.ports_door), (ends.to_door, ends.door),
    ]  # fmt: skip
    for one, other in pairs:
        one.send(b"x")
        assert other.recv(2) == b"x"
        assert not one.get_inheritable()
    assert ends.supervisors() == [ends.to_init.fileno(), ends.to_notifier.fileno(), ends.to_door.fileno()]
    ends.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_failure_is_passed_on_with_its_remedy_and_a_death_too() -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        wire.send(theirs, CellFailed(control="Landlock", error="too old", remedy="a newer kernel"))
        failed, _ = first_word(7, ours)
        assert failed is not None
        assert (failed.token, failed.control, failed.remedy) == (7, "Landlock", "a newer kernel")
        wire.send(theirs, CellUp(overlay=False, landlock_abi=7))
        assert first_word(7, ours) == (None, [])
        theirs.close()
        died, _ = first_word(7, ours)
        assert died is not None
        assert died.control == "init"
