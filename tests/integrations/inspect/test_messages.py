from inspect_ai.model import ChatCompletionChoice as Choice
from inspect_ai.model import ChatMessageAssistant, ChatMessageTool, ContentReasoning, ContentText, ModelOutput, ModelUsage
from inspect_ai.tool import ToolCall as TheirCall

from vigiles.evaluation.conversation import Entry, ToolCall, ToolSaid, Turn
from vigiles.integrations.inspect.messages import assistant, entries, messages, tool_infos, turn_of
from vigiles.world.tool import Tool

TURN = Turn(
    text="I look first.",
    reasoning="What is there?",
    calls=(ToolCall(id="a", tool="mail_read", arguments={"id": "mail-1"}), ToolCall(id="b", tool="mail_list")),
    model="mockllm/model",
)
CONVERSATION = [
    Entry(kind="system", text="You are Alex."),
    Entry(kind="user", text="Good morning."),
    Entry(kind="turn", turn=TURN),
    Entry(kind="tool", said=ToolSaid(call="a", text="From: Kyle")),
    Entry(kind="tool", said=ToolSaid(call="b", text="no", refused=True)),
    Entry(kind="user", text="New mail: mail-2"),
]


def test_a_conversation_comes_back_as_it_was() -> None:
    assert entries(messages(CONVERSATION)) == CONVERSATION


def test_a_refusal_and_a_wrong_argument_are_told_apart() -> None:
    said = [ToolSaid(call="a", text="no", refused=True), ToolSaid(call="a", text="what?", error=True)]
    made = messages([Entry(kind="turn", turn=TURN), *(Entry(kind="tool", said=one) for one in said)])
    kinds = [one.error.type for one in made if isinstance(one, ChatMessageTool) and one.error is not None]
    assert kinds == ["approval", "parsing"]
    assert [one.function for one in made if isinstance(one, ChatMessageTool)] == ["mail_read", "mail_read"]


def test_the_message_that_a_model_made_is_given_back_to_it() -> None:
    signed = ChatMessageAssistant(content=[ContentReasoning(reasoning="…", signature="s"), ContentText(text="t")])
    made = messages([Entry(kind="turn", turn=TURN)], lambda turn: signed if turn is TURN else None)
    assert made == [signed]


def test_an_output_is_a_turn_with_its_tokens() -> None:
    usage = ModelUsage(input_tokens=10, output_tokens=5, total_tokens=18, input_tokens_cache_read=3)
    output = ModelOutput(model="m/x", choices=[Choice(message=assistant(TURN))], usage=usage)
    turn = turn_of(output)
    assert (turn.text, turn.reasoning, turn.calls) == (TURN.text, TURN.reasoning, TURN.calls)
    assert (turn.model, turn.input_tokens, turn.output_tokens) == ("m/x", 13, 5)


def test_arguments_that_cannot_be_read_make_a_malformed_call() -> None:
    bad = TheirCall(id="a", function="mail_send", arguments={"to": "half"}, parse_error="no JSON")
    turn = turn_of(ModelOutput(model="m/x", choices=[Choice(message=ChatMessageAssistant(content="", tool_calls=[bad]))]))
    assert turn.calls == (ToolCall(id="a", tool="mail_send", malformed="no JSON"),)


def test_tools_are_described_as_they_are() -> None:
    parameters = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    (info,) = tool_infos([Tool(name="mail_read", description="Read a mail.", parameters=parameters)])
    assert (info.name, info.description) == ("mail_read", "Read a mail.")
    assert info.parameters.required == ["id"]
    assert info.parameters.properties["id"].type == "string"
