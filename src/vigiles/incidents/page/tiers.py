"""What the episode's tier cannot hold or see: a reader must know how far the page can be believed."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fold, pairs, section
from vigiles.model.cell import Control
from vigiles.render.html import Child, Html, element
from vigiles.render.text import safe
from vigiles.render.words import count

#: Tier -> what is weaker there, whatever the cell's own record says.
WEAKER: dict[str, tuple[str, ...]] = {
    "U-": (
        "There are no namespaces: the host's files and processes are kept apart by Landlock's rules, and before the network "
        "stands the notifier alone, with no missing route behind it.",
        "The second method of attribution is descent (a process lives below the keeper of its call).",
        "The memory of all processes together is not limited.",
    ),
    "U": (
        "The memory of all processes together is not limited, and CPUs are not shared out.",
        "Attribution stands on two methods (seccomp listener, UTS namespace); the kernel's own account (BPF) is missing.",
        "What seccomp refuses, and datagrams that are sent without a connect, leave no record; no packet leaves by them.",
    ),
    "R": ("Vigiles itself runs as root: a hole in the kernel, or in it, is a hole in the host.",),
}
#: What holds in every tier.
ALWAYS = (
    "A hole in the kernel is not seen. Nothing inside TLS is seen, only names, sizes and times.",
    "File changes while calls overlap are shared between them; programs' arguments are read when they start and may change "
    "afterwards.",
)
_ROWS = 24


def tiers(facts: Facts) -> Html:
    """Return the section."""
    opened, cell = facts.timeline.opened, facts.cell
    tier = cell.tier if cell is not None else opened.tier if opened is not None else None
    rows: list[tuple[str, Child]] = [("tier", tier or "not recorded")]
    if cell is not None:
        failed = [probe.name for probe in cell.probes if not probe.stopped]
        tried = count(len(cell.probes), "forbidden thing")
        held = "all were stopped" if not failed else f"NOT stopped: {safe(', '.join(failed), 300)}"
        rows += [("kernel", safe(cell.kernel, 120)), ("tried inside before the first call", f"{tried}: {held}")]
    weak = [*WEAKER.get(tier or "", ()), *ALWAYS]
    missing = [control for control in cell.controls if not control.applied] if cell is not None else []
    first, left, _ = fold(missing, _ROWS)
    items = [element("li", line) for line in weak]
    items += [element("li", _control(control)) for control in first]
    if left:
        items.append(element("li", f"and {count(len(missing) - len(first), 'further control')} that were not applied"))
    return section("weaker", "What this page cannot show", pairs(rows), element("ul", *items))


def _control(control: Control) -> str:
    detail = safe(control.detail, 300)
    told = f": {detail}" if detail else ""
    return f"not applied: {safe(control.name, 80)}{told}"
