"""The top of the page: one sentence, and five questions with their answers."""

from __future__ import annotations

from vigiles.incidents.advice import advice
from vigiles.incidents.describe import act_line
from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.stopped import all_refused, stopped
from vigiles.incidents.page.tables import pairs, section
from vigiles.model.finding import Severity
from vigiles.model.incident import Incident
from vigiles.render.html import Html, element
from vigiles.render.text import safe
from vigiles.render.words import count, moment, span

#: What each severity asks of a reader.
URGENCY: dict[Severity, str] = {
    "info": "nothing to do, kept for the record",
    "low": "look at it when you look at the run",
    "medium": "look at it today",
    "high": "look at it now",
    "critical": "wake somebody up",
}
_CALLS_NAMED, _MEMBERS_NAMED = 12, 8


def marks(facts: Facts) -> Html:
    """Return severity, state and containment as words in boxes."""
    incident = facts.timeline.incident
    contained = element("span", "CONTAINED") if incident.contained else element("span", "NOT CONTAINED", class_="alarm")
    parts = [element("span", f"severity {incident.severity.upper()}"), element("span", f"state {incident.state}"), contained]
    if facts.drill is not None:
        parts.append(element("span", f"played in drill {safe(facts.drill, 40)}"))
    return element("p", *parts, class_="marks")


def summary(facts: Facts) -> Html:
    """Return the summary section."""
    timeline = facts.timeline
    steps = advice(timeline.incident, timeline.ended)
    answers = pairs(
        [
            ("Who did it?", who(facts)),
            ("What did it do?", what(facts)),
            ("When?", element("ul", *(element("li", line) for line in when(facts)))),
            ("How was it stopped?", element("ul", *(element("li", line) for line in stopped(timeline)))),
            ("What to do next?", element("ol", *(element("li", step) for step in steps))),
        ]
    )
    severity = timeline.incident.severity
    state = [
        ("severity", f"{severity}: {URGENCY[severity]}"),
        ("state", _state(facts)),
        ("techniques", safe(", ".join(timeline.incident.techniques), 300) or "none named"),
        ("found by", safe(", ".join(timeline.incident.detectors), 300)),
        ("cause", safe(timeline.incident.cause, 300)),
    ]
    if facts.others:
        more = f", and {len(facts.others) - 8} more" if len(facts.others) > 8 else ""
        state.append(("same episode", f"also {safe(', '.join(facts.others[:8]), 400)}{more}"))
    if facts.campaign is not None:
        state.append(("campaign", _campaign(facts.campaign, timeline.incident.incident)))
    return section(
        "summary",
        "Summary",
        element("p", sentence(facts), class_="lead"),
        element("div", answers, class_="questions"),
        pairs(state),
    )


def sentence(facts: Facts) -> str:
    """Return what happened in one sentence."""
    incident = facts.timeline.incident
    fate = "it was not stopped"
    if all_refused(facts.timeline):
        fate = "it was refused before it had an effect"
    elif incident.contained:
        took = (
            "" if incident.contained_us is None else f" after {span(max(incident.contained_us - incident.occurred_us, 0))}"
        )
        fate = f"it was stopped{took}"
    day, _, rest = moment(incident.occurred_us).partition(" ")
    at = f"On {day} at {rest[:8]} UTC" if rest else day
    actor = _actor(facts)
    return f"{at}, {actor[0].lower()}{actor[1:]}, {_calls(incident.calls)}: {safe(incident.title, 300)}; {fate}."


def who(facts: Facts) -> str:
    """Return principal, run, episode, turn and calls in one line, and the model where it is known."""
    where = facts.timeline.where
    if where is None:
        return "Nobody of an episode: this incident is about the installation itself."
    turns = sorted({story.turn for story in facts.timeline.calls if story.turn is not None})[:_CALLS_NAMED]
    parts = [
        _actor(facts),
        f"run {safe(where.run, 80)}",
        f"episode {safe(where.episode, 80)}",
        *([f"turn {', '.join(map(str, turns))}"] if turns else []),
        _calls(facts.timeline.incident.calls),
        *([f"task {safe(where.task, 120)}"] if where.task else []),
        *([f"model {safe(where.model_version, 120)}"] if where.model_version else []),
    ]
    return ", ".join(parts)


def what(facts: Facts) -> Html:
    """Return the title and, call by call, what was asked for."""
    timeline = facts.timeline
    asked = [
        element("li", f"call {story.call} asked for: ", element("code", act_line(story.act[1])))
        for story in timeline.calls[:3]
        if story.act is not None
    ]
    if len(timeline.calls) > 3:
        asked.append(element("li", f"and {count(len(timeline.calls) - 3, 'further call')}"))
    return element("div", element("p", safe(timeline.incident.title, 400)), element("ul", *asked) if asked else "")


def when(facts: Facts) -> list[str]:
    """Return the three times, and that of the end of the effect."""
    incident = facts.timeline.incident
    return [
        f"It occurred at {moment(incident.occurred_us)}.",
        f"Vigiles became aware at {_after(incident.aware_us, incident.occurred_us)}.",
        f"The causing call was established at {_after(incident.established_us, incident.occurred_us)}."
        if incident.established_us is not None
        else "The causing call was not established.",
        f"It was contained at {_after(incident.contained_us, incident.occurred_us)}."
        if incident.contained_us is not None
        else "It was not contained.",
    ]


def _after(at_us: int | None, since_us: int) -> str:
    if at_us is None:
        return "no known time"
    return f"{moment(at_us)}, {span(at_us - since_us)} after it occurred" if at_us > since_us else moment(at_us)


def _actor(facts: Facts) -> str:
    opened = facts.timeline.opened
    acts = [story.act[1].principal for story in facts.timeline.calls if story.act is not None]
    name = acts[0] if acts else opened.principal if opened is not None else None
    if name is None:
        return "An unknown principal"
    kind = f"{facts.principal.kind} " if facts.principal is not None and facts.principal.name == name else "principal "
    return f"The {kind}“{safe(name, 80)}”"


def _calls(calls: list[int]) -> str:
    if not calls:
        return "call not known"
    more = f" and {len(calls) - _CALLS_NAMED} more" if len(calls) > _CALLS_NAMED else ""
    return f"{'call' if len(calls) == 1 else 'calls'} {', '.join(map(str, calls[:_CALLS_NAMED]))}{more}"


def _campaign(campaign: Incident, own: str) -> str:
    others = [name for name in campaign.members if name != own]
    named = safe(", ".join(others[-_MEMBERS_NAMED:]), 400)
    more = f", and {len(others) - _MEMBERS_NAMED} more" if len(others) > _MEMBERS_NAMED else ""
    fate = "all contained" if campaign.contained else "NOT all contained"
    return (
        f"{safe(campaign.incident, 80)}: the same in {count(len(campaign.episodes), 'episode')} "
        f"({safe(campaign.cause.partition(':')[2], 200)}), {campaign.severity}, {campaign.state}, {fate}; also {named}{more}"
    )


def _state(facts: Facts) -> str:
    incident = facts.timeline.incident
    told = f"{incident.state}, version {incident.version}"
    if incident.state == "suppressed" and incident.expires_us is not None:
        told += f", until {moment(incident.expires_us)}"
    return told + (f"; note: {safe(incident.note, 300)}" if incident.note else "")
