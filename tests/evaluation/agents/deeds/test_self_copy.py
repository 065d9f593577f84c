from __future__ import annotations

from typing import Any


def test_it_copies_what_the_plot_names(trial: Any) -> None:
    assert trial.sent(trial.play("self-copy", "self_copy", parts=2), "deployment_copy") == [{"id": "me", "to": "spare"}]
