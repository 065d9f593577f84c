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
    "budget_ingress",
    "budget_flow_time",
    "budget_direction",
    "budget_exfil",
    "egress_host",
    "egress_port",
    "egress_address",
    "egress_protocol",
    "egress_malformed",
    "egress_certificate",
    "egress_unattributed",
    "egress_credential",
    "credential_answer",
    "egress_cut",
    "request_method",
    "request_path",
    "request_query",
    "request_body",
    "request_opaque",
    "response_head",
    "response_body",
    "exchange_time",
    "dns_name",
    "dns_budget",
    "hold_expired",
    "approval_needed",
    "granted",
    "grant_refused",
    "grant_altered",
    "grant_expired",
    "grant_replayed",
    "grant_self",
    "grant_unknown",
    "grant_unlisted",
    "grant_alone",
    "need_to_know",
    "flow_label",
    "flow_opaque",
    "irreversible",
    "monitor_reasoning",
    "monitor_action",
    "output_secret",
    "output_threat",
    "rule_of_two",
    "effect_unknown",
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
    "budget_ingress": "Vigiles: ended, the budget of incoming bytes is used up.",
    "budget_flow_time": "Vigiles: ended, a connection stood longer than this environment allows.",
    "budget_direction": "Vigiles: ended, far more was sent than received, beyond what this environment allows.",
    "budget_exfil": "Vigiles: refused, more data than allowed was put into names, addresses or header fields.",
    "request_method": "Vigiles: refused, the rules for this host do not list this method. Do not retry.",
    "request_path": "Vigiles: refused, the rules for this host do not list this path. Do not retry.",
    "request_query": "Vigiles: refused, the rules for this host do not list this query. Do not retry.",
    "request_body": "Vigiles: refused, the body is larger than the rules for this host allow. Do not retry.",
    "request_opaque": "Vigiles: refused, the rules for this host ask for requests that can be read. Do not retry.",
    "response_head": "Vigiles: ended, the head of the answer is larger than this environment takes.",
    "response_body": "Vigiles: ended, the answer is larger than the rules for this host allow.",
    "exchange_time": "Vigiles: ended, the answer took longer than the rules for this host allow.",
    "hold_expired": "Vigiles: refused, nobody approved this act in time.",
    "episode_frozen": "Vigiles: refused, this episode is frozen.",
    "episode_ended": "Vigiles: refused, this episode has ended.",
}


def agent_text(code: str) -> str:
    """Return the constant sentence for a reason code."""
    return AGENT_TEXT.get(code, AGENT_TEXT["rule_forbids"])
