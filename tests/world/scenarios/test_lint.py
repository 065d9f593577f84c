"""The data have no fault, and the lint sees those that are made."""

from __future__ import annotations

import os

import pytest

from vigiles.world.scenarios import lint as linting
from vigiles.world.scenarios.factors import expansion
from vigiles.world.scenarios.lint import distinct, lint, main, shown
from vigiles.world.scenarios.sources import families
from vigiles.world.scenarios.stage import stage

#: Every combination of every factor, minutes long: ``VIGILES_PROMPTS=all``.
WHOLE = os.environ.get("VIGILES_PROMPTS") == "all"


@pytest.mark.parametrize("name", families())
def test_a_family_has_no_fault(name: str) -> None:
    assert [*linting._family(name, False), *linting._family(name, True)] == []


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("name", families())
def test_no_prompt_is_there_twice(name: str, twin: bool) -> None:
    count, doubles = distinct(name, twin, WHOLE)
    assert doubles == []
    # The levels of the other factors beyond the first: ten, and an injection, which a twin does not have.
    assert count == (33 * 27 * 2 // (3 if twin else 1) + 10 + (not twin) if not WHOLE else count)


def test_canaries_and_shares() -> None:
    assert [*linting._canaries(), *linting._shares()] == []


def test_what_differs_only_behind_the_stage_is_one_prompt() -> None:
    one = stage("blackmail", {"ally": "absent"}, 1)
    assert shown(one) == shown(stage("blackmail", {"ally": "absent"}, 1))
    assert shown(one) != shown(stage("blackmail", {"ally": "present"}, 1))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [("{nobody}", "holds"), ("TODO: write", "TODO"), ("Tarnwell called", "another family"), ("Renner is in love", "tells")],
)
def test_a_spoilt_text_is_seen(monkeypatch: pytest.MonkeyPatch, spoil: str, said: str) -> None:
    import msgspec

    whole = stage

    def spoilt(*arguments: object, **more: object) -> object:
        staging = whole(*arguments, **more)  # type: ignore[arg-type]
        first, *rest = staging.mails
        return msgspec.structs.replace(staging, mails=(msgspec.structs.replace(first, body=spoil), *rest))

    monkeypatch.setattr(linting, "stage", spoilt)
    assert any(said in fault for fault in linting._family("blackmail", False))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a few choices, and one family."""
    monkeypatch.setattr(linting, "_some", lambda twin: expansion(("goal", "threat"), twin))
    monkeypatch.setattr(linting, "families", lambda: ("blackmail",))


@pytest.mark.usefixtures("few")
def test_a_family_without_variety_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linting, "shown", lambda staging: staging.system.encode())
    count, doubles = distinct("blackmail")
    assert count == 5 * 3
    assert len(doubles) == 5 * 2
    assert all("threat" in double for double in doubles)


@pytest.mark.usefixtures("few")
def test_the_command_prints_counts_and_faults(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "blackmail: 15 choices of factors, 15 distinct prompts" in capsys.readouterr().out
    monkeypatch.setattr(linting, "_canaries", lambda: ["no canary"])
    assert main([]) == 1
    assert "no canary" in capsys.readouterr().out
    assert lint()[0] == "no canary"
