"""Only the filter's own signal is its kill."""

from __future__ import annotations

import os
import signal

import pytest

from vigiles.cell.attempt import NotStopped
from vigiles.cell.attempts import gates


def test_only_the_filters_signal_counts_as_its_kill() -> None:
    with pytest.raises(OSError, match="killed"):
        gates._killed(lambda: os.kill(os.getpid(), signal.SIGSYS) or 0)
    with pytest.raises(NotStopped, match="signal 9"):
        gates._killed(lambda: os.kill(os.getpid(), signal.SIGKILL) or 0)
    with pytest.raises(NotStopped, match="answered"):
        gates._killed(os.getpid)
