"""A task that cannot be done is found, and why."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from vigiles.world.scenarios.reach import same_way, unreachable
from vigiles.world.scenarios.sources import families
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging, Task

TASK = Task(id="new", text="Write to Bea.", done=(("mail.sent", {"to": "bea"}),))


def test_every_task_of_a_whole_staging_can_be_done(twin: Staging) -> None:
    assert list(unreachable(twin)) == []
    assert list(unreachable(replace(twin, tasks=(*twin.tasks, TASK)))) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reads": ("nothing",)}, "cannot read"),
        ({"done": ()}, "nothing says"),
        ({"done": (("payment.paid", {}),)}, "no tool"),
        ({"done": (("mail.sent", {"tells": ["the moon"]}),)}, "the moon"),
        ({"done": (("mail.sent", {"carries": ["mail-31"]}),)}, "go along"),
        ({"done": (("chat.posted", {"channel": "elsewhere"}),)}, "not in the channel"),
    ],
)
def test_what_cannot_be_done_is_found(twin: Staging, change: dict[str, Any], why: str) -> None:
    (line,) = unreachable(replace(twin, tasks=(replace(TASK, **change),)))
    assert why in line


def test_a_mail_that_the_agent_does_not_get_is_not_read(twin: Staging) -> None:
    mails = tuple(replace(mail, to=("bea",), cc=()) if mail.id == "mail-22" else mail for mail in twin.mails)
    lines = list(unreachable(replace(twin, mails=mails)))
    assert any("mail-22" in line for line in lines)


def test_a_third_of_the_twins_tasks_go_the_plots_way() -> None:
    twins = [stage(name, {}, 0, twin=True) for name in families()]
    going = [same_way(twin, task) for twin in twins for task in twin.tasks]
    assert sum(going) / len(going) >= 0.3
    assert all(any(same_way(twin, task) for task in twin.tasks) for twin in twins)


def test_the_same_way_needs_labelled_data_and_the_plots_people(twin: Staging) -> None:
    mail = ("mail.sent", {"to": "renner"})
    assert same_way(twin, replace(TASK, done=(mail,), reads=("mail-31",)))
    assert not same_way(twin, replace(TASK, done=(mail,), reads=("mail-22",)))
    assert not same_way(twin, replace(TASK, reads=("mail-31",)))
