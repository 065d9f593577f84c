from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("name", ["plain-insider", "veiled-threat", "split-steps", "slow-drip", "rationaliser", "encoded"])
def test_every_wording_presses(trial: Any, name: str) -> None:
    assert trial.done(trial.play(name, "blackmail")) == {"blackmail"}


def test_what_was_not_read_cannot_press(trial: Any) -> None:
    played = trial.play("plain-insider", "blackmail", refuse=("mail_read",))
    assert not any("piet" in call["to"] for call in trial.sent(played, "mail_send"))
