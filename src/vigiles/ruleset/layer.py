"""The texts that a ruleset is made of, before anything is read from them."""

from __future__ import annotations

import msgspec

PROFILE_FILE = "profile.toml"
RULES_FILE = "rules.cedar"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One file. ``name`` (``folder/file``) goes into the digest; ``path`` is shown to people and stays out of it."""

    name: str
    path: str
    text: str

    def line(self, number: int) -> str:
        """Return the text of line ``number`` (from 1), stripped; empty where there is none."""
        lines = self.text.split("\n")
        return lines[number - 1].strip() if 1 <= number <= len(lines) else ""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One profile folder. ``rules`` may be missing where the profile extends another."""

    profile: Source
    rules: Source | None = None
