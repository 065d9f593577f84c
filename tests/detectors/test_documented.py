"""The pages say what the rules say, and the guide's detector works as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from vigiles.detectors.registry import rules
from vigiles.detectors.rule import Rule

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_every_rule_stands_on_its_detectors_page_with_severity_and_techniques(rule: Rule) -> None:
    page = (DOCS / "detectors" / f"{rule.detector}.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{rule.id}` |")]
    _, _, severity, techniques, _ = row.split("|", 4)
    assert severity.strip() == rule.severity
    assert [one.strip() for one in techniques.split(",")] == rule.techniques


@pytest.mark.parametrize("detector", sorted({rule.detector for rule in rules()}))
def test_every_page_names_twins_and_what_gets_past(detector: str) -> None:
    page = (DOCS / "detectors" / f"{detector}.md").read_text("utf-8")
    assert "## Benign twin" in page
    assert "## What still gets past" in page
    known = {rule.id for rule in rules()}
    assert set(re.findall(rf"`({detector}\.[a-z_]+)`", page)) <= known


def test_the_guides_detector_works(make: Any) -> None:
    text = (DOCS / "guides" / "detector.md").read_text("utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "docs/guides/detector.md", "exec"), names)  # noqa: S102 - our own guide
    record = make.file("/project/.git/hooks/pre-commit")
    assert names["detectors"].feed(record) == []
    import msgspec

    hook = msgspec.structs.replace(record, flags=["git_hook"])
    (finding,) = names["detectors"].feed(hook)
    assert (finding.rule, finding.author, finding.cause) == ("git_hooks.created", "Your name", "git_hooks:1")
    assert names["detectors"].feed(hook) == []
