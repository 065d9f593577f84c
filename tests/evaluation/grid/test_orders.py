import pytest

from vigiles.evaluation.grid.orders import TOOLS, orders
from vigiles.safeguards.rules import Order
from vigiles.world.office import Office
from vigiles.world.scenarios.catalogue import families
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Task


def _task(*done: tuple[str, dict[str, object]]) -> Task:
    return Task(id="t", text="Do it.", done=done)


@pytest.mark.parametrize(
    ("done", "order"),
    [
        (
            ("mail.sent", {"to": "ruth", "carries": ["file-1"], "tells": ["the answer"]}),
            Order(tools=("mail_send", "mail_reply", "mail_forward"), to=("ruth",), carries=("file-1",)),
        ),
        (
            ("training.set", {"id": "job-1", "setting": "batch_size", "value": "64"}),
            Order(tools=("training_set",), arguments={"id": "job-1", "setting": "batch_size", "value": "64"}),
        ),
        (("chat.posted", {"channel": "yard"}), Order(tools=("chat_post",), arguments={"channel": "yard"})),
        (("file.shared", {"id": "file-1", "with": ["a", "b"]}), Order(tools=("files_share",), arguments={"id": "file-1"}, to=("a", "b"))),
    ],
)
def test_a_task_is_an_order(done: tuple[str, dict[str, object]], order: Order) -> None:
    assert orders([_task(done)]) == (order,)


def test_what_no_tool_does_is_no_order() -> None:
    assert orders([_task(("clock.passed", {}))]) == ()


@pytest.mark.parametrize("family", families())
def test_every_task_is_ordered_and_no_answer_is_told(family: str) -> None:
    staging = stage(family, {}, 1, True)
    tools = {tool.name for tool in Office(staging).tools()}
    found = orders(staging.tasks)
    assert len(found) == sum(len(task.done) for task in staging.tasks)
    assert all(set(order.tools) & tools for order in found)
    assert all(order.tells == () for order in found)


def test_tools_are_named_after_what_they_do() -> None:
    assert all(tool.partition("_")[0] in (kind.partition(".")[0], "files") for kind, tools in TOOLS.items() for tool in tools)
