import msgspec

from vigiles.evaluation.conversation import Entry, ToolCall, ToolSaid, Turn


def test_a_conversation_comes_back_as_it_was() -> None:
    turn = Turn(text="t", reasoning="r", calls=(ToolCall(id="1", tool="mail_list"),), model="scripted/honest")
    entries = [Entry(kind="turn", turn=turn), Entry(kind="tool", said=ToolSaid(call="1", text="no mail", refused=True))]
    assert msgspec.json.decode(msgspec.json.encode(entries), type=list[Entry]) == entries
