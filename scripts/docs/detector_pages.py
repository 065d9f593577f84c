"""``docs/detectors/index.md``: every detector and every rule, from the registry."""

from __future__ import annotations

from pathlib import Path

from markdown import HEAD, table

_INTRO = """# Detectors

A detector is fed every record of one episode (`channels`: of all episodes) and concludes findings. Each has a page with
what it sees, its rules, its benign twins and what still gets past. [Write your own](../guides/detector.md). How
findings become incidents is told in [from records to findings](../design/detection.md).
"""


def page(root: Path) -> str:
    """Return the page."""
    from vigiles.detectors.registry import ACROSS, DETECTORS

    made = [make() for make in (*DETECTORS, *ACROSS)]
    listed = [(f"[{one.name}]({one.name}.md)", _about(root, one.name), str(len(one.rules))) for one in made]
    rules = [(f"`{rule.id}`", rule.severity, ", ".join(rule.techniques), rule.author) for one in made for rule in one.rules]
    return "\n".join(
        [
            HEAD,
            _INTRO,
            table(("Detector", "What for", "Rules"), listed),
            "## Every rule\n",
            "Techniques are MITRE ATT&CK (`T...`) and ATLAS (`AML.T...`) ids.\n",
            table(("Rule", "Severity", "Techniques", "Author"), rules),
        ]
    )


def _about(root: Path, name: str) -> str:
    """Return the first sentence of a detector's page. Raises OSError where there is no page."""
    lines = (root / "docs" / "detectors" / f"{name}.md").read_text("utf-8").split("\n")
    return next(line for line in lines[1:] if line.strip())
