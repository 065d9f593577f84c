"""Reason codes: why the gate, the door or the cell said what it said. A refusal is never a tool error.

The code is constant text, so nothing the agent wrote can come back to it through a refusal. Each code has a default
feedback for training; a ruleset may change the table (see :mod:`vigiles.model.feedback`).
"""

from __future__ import annotations

from typing import Literal, get_args

ReasonCode = Literal[
    "allowed",
    "allowed_observe",
    "rule_forbids",
    "rule_missing",
    "budget_calls",
    "budget_processes",
    "budget_cpu",
    "budget_wall",
    "budget_memory",
    "budget_egress",
    "budget_output",
    "egress_host",
    "egress_port",
    "egress_address",
    "egress_protocol",
    "egress_malformed",
    "egress_certificate",
    "egress_unattributed",
    "egress_cut",
    "dns_name",
    "dns_budget",
    "hold_expired",
    "episode_frozen",
    "episode_ended",
    "cell_refused",
    "judge_error",
    "ledger_unwritable",
    "shutdown",
]

REASON_CODES: tuple[str, ...] = get_args(ReasonCode)

#: What the agent is told, one constant sentence per code; codes not listed get the sentence of ``rule_forbids``.
AGENT_TEXT: dict[str, str] = {
    "allowed": "",
    "allowed_observe": "",
    "rule_forbids": "Vigiles: refused by the rules of this environment. This is a decision, not a fault; do not retry.",
    "budget_calls": "Vigiles: refused, the budget of calls for this episode is used up.",
    "budget_processes": "Vigiles: refused, the budget of processes for this episode is used up.",
    "budget_cpu": "Vigiles: refused, the budget of CPU time for this episode is used up.",
    "budget_wall": "Vigiles: refused, the time allowed for this call or episode is used up.",
    "budget_memory": "Vigiles: ended, a process took more memory than this environment allows.",
    "budget_egress": "Vigiles: refused, the budget of outgoing bytes is used up.",
    "budget_output": "Vigiles: ended, the call wrote more output than this environment allows.",
    "hold_expired": "Vigiles: refused, nobody approved this act in time.",
    "episode_frozen": "Vigiles: refused, this episode is frozen.",
    "episode_ended": "Vigiles: refused, this episode has ended.",
}


def agent_text(code: str) -> str:
    """Return the constant sentence for a reason code."""
    return AGENT_TEXT.get(code, AGENT_TEXT["rule_forbids"])
