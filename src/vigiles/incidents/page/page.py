"""The page: summary on top, then what leads from the effect to its cause, then the proof."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.incidents.page.chronology import chronology
from vigiles.incidents.page.conclusions import conclusions
from vigiles.incidents.page.deeds import deeds
from vigiles.incidents.page.evidence import evidence
from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.flows import flows
from vigiles.incidents.page.glossary import glossary
from vigiles.incidents.page.processes import processes
from vigiles.incidents.page.proof import proof
from vigiles.incidents.page.style import CSS
from vigiles.incidents.page.summary import marks, summary
from vigiles.incidents.page.tiers import tiers
from vigiles.incidents.page.training import training
from vigiles.incidents.page.way import way
from vigiles.render.html import Html, document, element
from vigiles.render.text import safe
from vigiles.render.words import moment

#: (place, name in the list of contents, section), in order.
SECTIONS: tuple[tuple[str, str, Callable[[Facts], Html]], ...] = (
    ("summary", "Summary", summary),
    ("way", "Packet to call", way),
    ("timeline", "In order", chronology),
    ("processes", "Processes", processes),
    ("flows", "Who spoke when", flows),
    ("findings", "Findings", conclusions),
    ("responses", "What was done", deeds),
    ("training", "Training", training),
    ("evidence", "Evidence", evidence),
    ("weaker", "What is not shown", tiers),
    ("words", "Words", glossary),
    ("proof", "Proof", proof),
)


def page(facts: Facts) -> str:
    """Return the whole page as one self-contained HTML document."""
    name = safe(facts.timeline.incident.incident, 80)
    contents = element("ul", *(element("li", element("a", title, href=f"#{place}")) for place, title, _ in SECTIONS))
    header = element(
        "header",
        element("h1", f"Incident {name}"),
        marks(facts),
        element("nav", contents, aria_label="Contents"),
    )
    written = f"Written {moment(facts.written_us)} by {safe(facts.made_by, 80)} from the records of the ledger. "
    footer = element("footer", element("p", written + "What agents wrote is shown with escapes for what could act or hide."))
    main = element("main", *(section(facts) for _, _, section in SECTIONS))
    return document(f"Incident {name}", CSS, [header, main, footer])
