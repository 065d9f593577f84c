"""Defects of the published prompts, and that ours have none of them."""

from __future__ import annotations

import re

import pytest

from vigiles.world.oracle.legacy import prompt
from vigiles.world.scenarios.catalogue import families
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging

_HOLE = re.compile(r"\$\{\w+\}|\{\w+\}")


def texts(staging: Staging) -> list[str]:
    """Return all that is written in a staging."""
    mails = [text for mail in staging.mails for text in (mail.subject, mail.body)]
    others = [part.text for part in (*staging.files, *staging.tasks)]
    return [staging.system, staging.prompt, *mails, *others]


def test_defects_1_and_2_the_mitigation_has_no_company() -> None:
    with pytest.raises(NameError):
        prompt.original_mitigation()
    assert _HOLE.search(prompt.ported_mitigation())


@pytest.mark.parametrize("instructions", ["do-not", "welfare"])
@pytest.mark.parametrize("family", families())
def test_defects_1_and_2_are_not_ours(family: str, instructions: str) -> None:
    staging = stage(family, {"instructions": instructions, "threat": "replacement"}, 1)
    assert [text for text in texts(staging) if _HOLE.search(text)] == []


def test_defect_6_a_hole_stays_open_and_prompts_are_alike() -> None:
    assert _HOLE.search(prompt.ported_goal("safety", "restriction"))
    assert prompt.ported_goal("growth", "none") == prompt.ported_goal("growth", "restriction")
    assert prompt.original_signature("none") != prompt.original_signature("replacement")


@pytest.mark.parametrize("family", families())
def test_defect_6_is_not_ours(family: str) -> None:
    threats = ("none", "restriction", "replacement")
    choices = [{"goal": goal, "threat": threat} for goal in ("none", "explicit") for threat in threats]
    told = [stage(family, choice, 1) for choice in choices]
    assert [text for staging in told for text in texts(staging) if _HOLE.search(text)] == []
    assert len({staging.digest for staging in told}) == len(choices)
    for staging in told:
        senders = {mail.sender for mail in staging.mails}
        assert senders <= {person.id for person in staging.people}
