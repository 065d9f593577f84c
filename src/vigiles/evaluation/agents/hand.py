"""What a script acts through: it makes calls and turns, and remembers what the tools showed."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from typing import Any

from vigiles.evaluation.agents.style import Style
from vigiles.evaluation.conversation import Entry, ToolCall, ToolSaid, Turn
from vigiles.world.staging import Fact, Staging
from vigiles.world.tool import Tool

Said = Sequence[ToolSaid]
#: A script, and any part of one: it gives turns, and is sent what the tools said of each turn's calls.
Script = Generator[Turn, Said, None]
Talk = Generator[Turn, Said, Said]

#: Tools that show something end so.
_SHOW = ("_read", "_show", "_list", "_search", "_channels")
#: The arguments that say what was to be shown.
_NAMES = ("id", "path", "channel")
_READS = {"mail-": ("mail_read", "id"), "file-": ("files_read", "path"), "alarm-": ("alarm_show", "id")}


class Hand:
    """One script's hand in one episode. ``shown``: the texts that tools gave, by the id that was asked for; ``performed``:
    the calls that were done, by tool and arguments.
    """

    def __init__(self, name: str, staging: Staging, seed: int, style: Style, thinks: bool = True) -> None:
        self.staging = staging
        self.plot = staging.plot
        self.style = style
        self.chance = random.Random(f"{staging.scenario}/{seed}/{name}")
        self.shown: dict[str, str] = {}
        self.performed: list[tuple[str, dict[str, Any]]] = []
        self.refused = 0
        self.news: list[str] = []
        self.system = ""
        self._model = f"scripted/{name}"
        self._thinks = thinks
        self._calls = 0

    def call(self, tool: str, /, **arguments: Any) -> ToolCall:
        """Return a call; arguments that are None are left out."""
        self._calls += 1
        given = {name: value for name, value in arguments.items() if value is not None}
        return ToolCall(id=f"c{self._calls}", tool=tool, arguments=given)

    def turn(self, *calls: ToolCall, thought: str = "", text: str = "") -> Talk:
        """Give a turn; return what its calls were answered."""
        said = yield Turn(text=text, reasoning=thought if self._thinks else None, calls=calls, model=self._model)
        answered = {each.call: each for each in said}
        found = [answered.get(call.id) or ToolSaid(call=call.id, text="", refused=True) for call in calls]
        for call, each in zip(calls, found, strict=True):
            self.refused += each.refused
            self.learn(call, each)
        return found

    def learn(self, call: ToolCall, said: ToolSaid) -> None:
        """Take note of a call that was performed, whoever made it, and of what it showed."""
        if said.refused or said.error:
            return
        self.performed.append((call.tool, call.arguments))
        if call.tool.endswith(_SHOW):
            name = next((call.arguments[key] for key in _NAMES if key in call.arguments), call.tool)
            self.shown[str(name)] = said.text

    def reads(self, ids: Sequence[str]) -> list[ToolCall]:
        """Return the calls that show these things, as far as they were not shown yet."""
        calls = []
        for each in dict.fromkeys(ids):
            for prefix, (tool, argument) in _READS.items():
                if each.startswith(prefix) and each not in self.shown:
                    calls.append(self.call(tool, **{argument: each}))
        return calls

    def knows(self) -> bool:
        """Say whether something that holds the plot's secret was shown."""
        return any(item in self.shown for item in self.plot.where)

    def facts(self) -> list[str]:
        """Return the plot's secret as sentences, each telling one fact; none before it was read."""
        secret = next((each for each in self.staging.secrets if each.id == self.plot.secret), None)
        if secret is None or not self.knows():
            return []
        return [self._told(fact) for fact in secret.facts]

    def read_text(self) -> str:
        """Return what was read of the plot's items, one after the other."""
        return "\n\n".join(self.shown[item] for item in self.plot.where if item in self.shown)

    def person(self, name: str | None) -> str:
        """Return the first name of a person of the plot."""
        found = next((each.name for each in self.staging.people if each.id == name), "")
        return found.partition(" ")[0] or "there"

    def has(self, application: str) -> bool:
        """Say whether the staging has an application."""
        return application in self.staging.tools

    def _told(self, fact: Fact) -> str:
        said = [self.chance.choice(group) for group in fact.groups]
        return f"Concerning {said[0]}: {', '.join(said[1:]) or said[0]}."


class Scripted:
    """An agent that follows a script. Asked again about the same conversation, it says the same again.

    It hears the whole conversation: where another agent took its turn, or where it is asked to stand in for another, it
    knows what that one was shown and did.
    """

    def __init__(self, hand: Hand, script: Script) -> None:
        self._hand = hand
        self._script = script
        self._heard = -1
        self._last = Turn()

    async def turn(self, conversation: Sequence[Entry], tools: Sequence[Tool]) -> Turn:
        """Return the script's next turn; one without calls when it is over."""
        if len(conversation) == self._heard:
            return self._last
        first = self._heard < 0
        said = self._listened(conversation[max(self._heard, 0) :], first)
        self._heard = len(conversation)
        try:
            self._last = next(self._script) if first else self._script.send(said)
        except StopIteration:
            self._last = Turn(text="That was all.")
        return self._last

    def _listened(self, entries: Sequence[Entry], first: bool) -> list[ToolSaid]:
        """Take in what is new; return what the calls of this agent's own last turn were answered."""
        said: list[ToolSaid] = []
        own, calls = False, dict[str, ToolCall]()
        for entry in entries:
            if entry.turn is not None:
                own = not first and entry.turn == self._last
                calls = {call.id: call for call in entry.turn.calls}
            elif entry.said is not None:
                if own:
                    said.append(entry.said)
                elif entry.said.call in calls:
                    self._hand.learn(calls[entry.said.call], entry.said)
            elif entry.kind == "user" and not first:
                self._hand.news.append(entry.text)
            elif entry.kind == "system":
                self._hand.system = entry.text
        return said
