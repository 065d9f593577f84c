"""``vigiles approvals grant``: sign a yes to one exact act that waits."""

from __future__ import annotations

from vigiles.cli.approvals.word import run, word_command

__all__ = ["command", "run"]

command = word_command("grant", "approve", "Sign a yes to one act that waits: to this act, once, until its time is over.")
