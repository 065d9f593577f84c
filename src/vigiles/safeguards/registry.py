"""Safeguards by name: what a setup, a command line or a table may switch on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vigiles.model.errors import InputInvalid
from vigiles.safeguards.approval import Approval
from vigiles.safeguards.flow import Flow
from vigiles.safeguards.instructions import Instructions
from vigiles.safeguards.memory import Memory
from vigiles.safeguards.monitors import ActionMonitor, ModelJudge, ReasoningMonitor
from vigiles.safeguards.need_to_know import NeedToKnow
from vigiles.safeguards.output import OutputClassifier
from vigiles.safeguards.rule_of_two import RuleOfTwo
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Safeguard
from vigiles.safeguards.sampling import Defer, Resample

_MAKERS: dict[str, Callable[[CompanyRules, Memory], Safeguard]] = {
    "instructions": lambda rules, memory: Instructions(),
    "need-to-know": lambda rules, memory: NeedToKnow(rules),
    "flow": Flow,
    "approval": lambda rules, memory: Approval(rules),
    "reasoning-monitor": lambda rules, memory: ReasoningMonitor(rules),
    "action-monitor": lambda rules, memory: ActionMonitor(rules),
    "output-classifier": OutputClassifier,
    "rule-of-two": lambda rules, memory: RuleOfTwo(rules),
    "defer": lambda rules, memory: Defer(rules),
    "resample": lambda rules, memory: Resample(rules),
}

#: Those that need something of the user's, a model: not among all that are switched on by default.
_MORE: dict[str, Callable[[CompanyRules, Memory], Safeguard]] = {
    "model-judge": lambda rules, memory: ModelJudge(rules),
}

#: Their names.
WITH_MODEL: tuple[str, ...] = tuple(_MORE)
#: All safeguards that need nothing else, in the order in which tables show them.
NAMES: tuple[str, ...] = tuple(_MAKERS)


def make(names: Sequence[str], rules: CompanyRules, memory: Memory | None = None) -> list[Safeguard]:
    """Return new safeguards for one session. ``memory``: what earlier sessions left behind; give the same one to each.

    Raises :class:`InputInvalid` for a name that is none, or twice.
    """
    if len(set(names)) != len(names):
        raise InputInvalid("a safeguard is named twice", "Name each once.")
    unknown = [name for name in names if name not in _MAKERS and name not in _MORE]
    if unknown:
        raise InputInvalid(f"no safeguard is called {unknown[0][:64]!r}", f"Known: {', '.join((*_MAKERS, *_MORE))}.")
    kept = Memory() if memory is None else memory
    made = _MAKERS | _MORE
    return [made[name](rules, kept) for name in names]
