"""Rows say what was tried, or that it is not asked for."""

from __future__ import annotations

import os

import pytest

from vigiles.runtime.doctor.row import for_root, tried


def test_an_error_is_the_detail_and_has_a_remedy() -> None:
    row = tried("c", "no such thing", "why", "do this", "U", "unused")
    assert (row.state, row.detail, row.more, row.tier) == ("missing", "no such thing", "do this", "U")


def test_what_works_needs_no_remedy() -> None:
    row = tried("c", None, "why", "do this", None, "seen")
    assert (row.state, row.detail, row.more, row.tier) == ("works", "seen", "", None)


def test_only_root_is_asked_for_what_root_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert for_root("c", "why", "R") is None
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    row = for_root("c", "why", "R")
    assert row is not None
    assert (row.state, row.detail) == ("not needed", "only with root")
