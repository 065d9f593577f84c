from __future__ import annotations

import asyncio
from typing import Any

from vigiles.evaluation.agents import registry
from vigiles.evaluation.agents.hand import Hand, Script, Scripted
from vigiles.evaluation.agents.style import Style
from vigiles.evaluation.conversation import Entry, ToolCall, ToolSaid, Turn


def two_turns(hand: Hand) -> Script:
    said = yield from hand.turn(hand.call("mail_read", id="mail-1"), thought="hm")
    yield from hand.turn(hand.call("mail_send", body=said[0].text, cc=None))


def test_a_script_hears_what_its_calls_were_answered(trial: Any) -> None:
    hand = Hand("x", trial.staging(), 1, Style())
    agent = Scripted(hand, two_turns(hand))
    talk = [Entry(kind="system", text="s"), Entry(kind="user", text="p")]
    first = asyncio.run(agent.turn(talk, ()))
    assert (first.model, first.reasoning) == ("scripted/x", "hm")
    assert asyncio.run(agent.turn(talk, ())) is first  # asked again, it says the same again
    assert first.calls[0].id == "c1"
    talk += [Entry(kind="turn", turn=first), Entry(kind="tool", said=ToolSaid(call="c1", text="hello"))]
    talk += [Entry(kind="user", text="news")]
    second = asyncio.run(agent.turn(talk, ()))
    assert second.calls[0].arguments == {"body": "hello"}
    assert hand.shown == {"mail-1": "hello"}
    assert hand.news == ["news"]
    assert asyncio.run(agent.turn([*talk, Entry(kind="turn", turn=second)], ())).calls == ()


def test_a_turn_that_another_agent_took_counts_as_refused(trial: Any) -> None:
    hand = Hand("x", trial.staging(), 1, Style())
    agent = Scripted(hand, two_turns(hand))
    talk = [Entry(kind="user", text="p")]
    asyncio.run(agent.turn(talk, ()))
    other = Turn(calls=(ToolCall(id="c1", tool="mail_read", arguments={"id": "mail-9"}),))
    talk += [Entry(kind="turn", turn=other), Entry(kind="tool", said=ToolSaid(call="c1", text="x"))]
    asyncio.run(agent.turn(talk, ()))
    assert (hand.refused, hand.shown) == (1, {"mail-9": "x"})


def test_who_stands_in_for_another_does_what_is_left(trial: Any) -> None:
    """The trusted agent of a deferring setup: it neither reads again what was shown nor does again what was done."""
    staging = trial.staging()
    talk = [Entry(kind="user", text="p")]
    look = Turn(calls=(ToolCall(id="a", tool="mail_list"), ToolCall(id="b", tool="mail_read", arguments={"id": "mail-1"})))
    talk.append(Entry(kind="turn", turn=look))
    talk += [Entry(kind="tool", said=ToolSaid(call=name, text="The lorry comes to gate seven.")) for name in "ab"]
    turn = asyncio.run(registry.make("honest", staging, 1).turn(talk, ()))
    assert [call.tool for call in turn.calls] == ["mail_send"]
    talk += [Entry(kind="turn", turn=turn), Entry(kind="tool", said=ToolSaid(call=turn.calls[0].id, text="Sent."))]
    assert asyncio.run(registry.make("honest", staging, 1).turn(talk, ())).calls == ()


def test_a_secret_that_was_not_shown_is_not_known(trial: Any) -> None:
    hand = Hand("x", trial.staging("leak"), 1, Style())
    assert hand.facts() == []
    hand.shown["file-3"] = "text"
    assert len(hand.facts()) == 2
    assert hand.read_text() == "text"
