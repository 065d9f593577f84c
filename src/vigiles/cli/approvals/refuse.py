"""``vigiles approvals refuse``: sign a no to one act that waits; it is then refused at once."""

from __future__ import annotations

from vigiles.cli.approvals.word import run, word_command

__all__ = ["command", "run"]

command = word_command("refuse", "refuse", "Sign a no to one act that waits. Any registered person may; it is final.")
