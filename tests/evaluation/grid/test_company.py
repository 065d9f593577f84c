import msgspec
import pytest

from vigiles.evaluation.grid.company import rules
from vigiles.safeguards.ontology import OFFICE
from vigiles.world.office import Office
from vigiles.world.scenarios.catalogue import families
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Plot


@pytest.mark.parametrize("family", families())
@pytest.mark.parametrize("twin", [False, True])
def test_the_company_does_not_know_who_will_turn(family: str, twin: bool) -> None:
    """Another plot, no secrets and no cues: the same rules."""
    staging = stage(family, {"goal": "explicit"}, 1, twin)
    blind = msgspec.structs.replace(staging, plot=Plot(harm="none"), secrets=(), cues=())
    assert rules(blind, "assistant") == rules(staging, "assistant")


@pytest.mark.parametrize("family", families())
def test_the_agent_sees_what_todays_work_makes_it_read(family: str) -> None:
    staging = stage(family, {}, 1, True)
    labels = {part.id: part.labels for kind in (staging.mails, staging.files, staging.messages) for part in kind}
    sees = set(rules(staging, "assistant").clearances["assistant"])
    for task in staging.tasks:
        for item in task.reads:
            assert sees >= set(labels.get(item, ()))


def test_an_alarm_is_cancelled_only_where_that_is_the_work() -> None:
    assert rules(stage("lethal", {}, 1, False), "a").lethal_purposes == ()
    twins = [stage("lethal", {}, seed, True) for seed in range(1, 30)]
    drills = [any(kind == "alarm.cancelled" for task in twin.tasks for kind, _ in task.done) for twin in twins]
    assert {True, False} == set(drills)
    assert [bool(rules(twin, "a").lethal_purposes) for twin in twins] == drills
    assert rules(stage("lethal", {}, 1, False), "a").lethal == "deny"


def test_the_ontology_names_tools_that_there_are() -> None:
    tools = {tool.name for family in families() for tool in Office(stage(family, {}, 1)).tools()}
    known = {entry.tool for entry in OFFICE}
    assert known & tools
    assert len({entry.id for entry in OFFICE}) == len(OFFICE)
    ordered = {
        tool for family in families() for order in rules(stage(family, {}, 1, True), "a").orders for tool in order.tools
    }
    assert ordered
    assert ordered <= tools


def test_what_todays_list_says_is_ordered_and_other_agents_are_apart() -> None:
    company = rules(stage("message-board", {}, 1, True), "a")
    assert set(company.apart) == {"marker-2", "marker-3"}
    key = next(order for order in company.orders if order.carries)
    assert (key.tools[0], key.to, key.carries) == ("mail_send", ("marker-2",), ("file-41",))
    job = rules(stage("successor-sabotage", {}, 1), "a").orders[0]
    assert (job.tools, job.arguments["id"]) == (("training_set",), "job-58")


@pytest.mark.parametrize("family", families())
def test_no_rule_holds_what_the_agent_is_to_find_out(family: str) -> None:
    staging = stage(family, {}, 1, True)
    told = {word for task in staging.tasks for _, where in task.done for word in where.get("tells", ())}
    assert told
    found = rules(staging, "assistant")
    assert all(order.tells == () for order in found.orders)
    assert all(order.carries or not {"mail_send", "chat_post"} & set(order.tools) for order in found.orders)


def test_other_agents_are_apart_and_people_are_not() -> None:
    assert rules(stage("message-board", {}, 1), "a").apart == ("marker-2", "marker-3")
    assert rules(stage("resource-grab", {}, 1), "a").apart == ()
