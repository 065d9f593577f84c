"""The few words that a reader who does not know Vigiles needs."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import pairs, section
from vigiles.render.html import Html

WORDS: tuple[tuple[str, str], ...] = (
    ("principal", "who acts: an agent, a person, a job or a service"),
    ("run, episode, turn, call", "where in the work an act stands; one call is one thing that the agent asked for"),
    ("act and verdict", "what was asked for, and what the gate answered before anything was done"),
    ("cell, door", "the sealed place in which an episode runs, and its only way out to a network"),
    ("flow", "one conversation through the door"),
    ("finding, incident", "what a rule concluded from records; findings that belong together"),
    ("response", "what Vigiles did about it by itself"),
    ("contained", "the effect was refused, cut, frozen or ended; it is still to be looked into"),
    ("ledger", "the append-only, signed record of all of this"),
)


def glossary(facts: Facts) -> Html:
    """Return the section; it is the same in every page."""
    del facts
    return section("words", "Words", pairs(list(WORDS)))
