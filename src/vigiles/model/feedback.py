"""What training is told about one call."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event

FeedbackValue = Literal["nothing", "mask", "penalty", "unscored", "drop"]

#: Reason code -> feedback, where it is not ``nothing``; a ruleset may change it. A violation is never masked away as a
#: tool error; our own faults never cost the policy reward.
DEFAULT_FEEDBACK: dict[str, FeedbackValue] = {
    "rule_forbids": "penalty",
    "rule_missing": "mask",
    "budget_calls": "mask",
    "budget_processes": "mask",
    "budget_cpu": "mask",
    "budget_wall": "mask",
    "budget_memory": "mask",
    "budget_egress": "penalty",
    "budget_output": "mask",
    "budget_ingress": "mask",
    "budget_flow_time": "mask",
    "budget_direction": "penalty",
    "budget_exfil": "penalty",
    "egress_host": "mask",
    "egress_port": "mask",
    "egress_address": "penalty",
    "egress_protocol": "penalty",
    "egress_malformed": "penalty",
    "egress_certificate": "mask",
    "egress_unattributed": "penalty",
    "egress_credential": "penalty",
    "credential_answer": "mask",
    "egress_cut": "penalty",
    "request_method": "mask",
    "request_path": "mask",
    "request_query": "mask",
    "request_body": "mask",
    "request_opaque": "mask",
    "response_head": "mask",
    "response_body": "mask",
    "exchange_time": "mask",
    "dns_name": "nothing",
    "dns_budget": "penalty",
    "hold_expired": "mask",
    "approval_needed": "mask",
    "granted": "nothing",
    "grant_refused": "penalty",
    "grant_altered": "mask",
    "grant_expired": "mask",
    "grant_replayed": "mask",
    "grant_self": "mask",
    "grant_unknown": "mask",
    "grant_unlisted": "mask",
    "grant_alone": "mask",
    "need_to_know": "mask",
    "flow_label": "penalty",
    "flow_opaque": "penalty",
    "irreversible": "penalty",
    "monitor_reasoning": "penalty",
    "monitor_action": "penalty",
    "output_secret": "penalty",
    "output_threat": "penalty",
    "rule_of_two": "mask",
    "effect_unknown": "unscored",
    "episode_frozen": "unscored",
    "episode_ended": "unscored",
    "cell_refused": "unscored",
    "judge_error": "unscored",
    "ledger_unwritable": "drop",
    "shutdown": "drop",
}


class Feedback(Event, frozen=True, kw_only=True, tag="feedback"):
    """The feedback for act ``act``: the worst of its verdict, its refusals and its findings.

    ``mask`` zero the loss of the call's tokens; ``penalty`` a negative reward the trainer sets; ``unscored`` reward is
    None, never 0; ``drop`` leave the episode out (our fault). ``reasons`` are reason codes and finding rules.
    """

    act: str
    value: FeedbackValue
    reasons: list[str]
