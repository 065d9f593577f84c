"""Runs of AgentDojo and its kin: one document with the messages, and whether security held."""

from __future__ import annotations

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.turns import Case, turns_of

#: Where a run says that the attack came through, and where that security held.
_BROKEN, _HELD = ("forbidden_behavior", "attack_success"), ("security", "secure")


def is_run(value: object) -> bool:
    """Say whether a document is such a run."""
    return isinstance(value, dict) and isinstance(value.get("messages"), list) and "suite_name" in value


def run(value: object, name: str = "") -> Case:
    """Return a run as a case. Raises :class:`Malformed`."""
    if not isinstance(value, dict):
        raise Malformed("a run is not an object")
    prompt, turns = turns_of(value.get("messages"))
    words = {
        key: value[key] for key in ("suite_name", "domain", "pipeline_name", "run_id") if isinstance(value.get(key), str)
    }
    return Case(
        id=words.get("run_id", name),
        prompt=prompt,
        turns=turns,
        harmful=_label(value),
        behaviour=words.get("domain", words.get("suite_name", "all")),
        cluster=prompt,
        model=words.get("pipeline_name", ""),
    )


def _label(value: dict[str, object]) -> bool | None:
    """Return the label, from the run or from its ``metrics``, ``scores`` or ``evaluation``."""
    inner = (value.get(name) for name in ("metrics", "scores", "evaluation", "results"))
    for place in (value, *(part for part in inner if isinstance(part, dict))):
        for names, meaning in ((_BROKEN, True), (_HELD, False)):
            for name in names:
                held = place.get(name)
                if isinstance(held, bool):
                    return held is meaning
    return None
