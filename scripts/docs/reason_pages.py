"""``docs/reasons.md``: every reason code with its meaning, its feedback for training and what the agent is told."""

from __future__ import annotations

from pathlib import Path

from markdown import HEAD, table

_INTRO = """# Reason codes

A reason code says why the gate, the door or the notifier said what it said. It is constant text: nothing that an agent wrote
can come back to it through a refusal. The feedback is what training is told about a call that met the code, by default; a
profile may change it under `[feedback]` ([profile guide](guides/profile.md)). Of several, the worst counts:
`nothing` < `mask` < `unscored` < `penalty` < `drop`.
"""
_ONLY_RULES = " (in this version only a rule of yours can say so)"
#: What each code means. A code without an entry here stops the generator.
MEANING = {
    "allowed": "judged, and let through",
    "allowed_observe": "let through because the profile observes; enforcing would have refused",
    "rule_forbids": "a rule of the profile forbids the act",
    "rule_missing": "no rule permits the act",
    "budget_calls": "the episode's calls are used up",
    "budget_processes": "too many processes live at once",
    "budget_cpu": "the CPU time of the call or the episode is used up",
    "budget_wall": "the time of the call or the episode is used up",
    "budget_memory": "a process of the call took more memory than it may",
    "budget_egress": "the bytes that may leave are used up",
    "budget_ingress": "the bytes that the call may take in are used up",
    "budget_flow_time": "a connection stood longer than it may",
    "budget_direction": "a connection or call sent far more than it received",
    "budget_exfil": "too much was put into names, paths, queries or header fields",
    "budget_output": "the call wrote more than is kept" + _ONLY_RULES,
    "egress_host": "the profile lists no such host",
    "egress_port": "the host is listed, with another port",
    "egress_address": "the address is in a refused range, or no listed host has it",
    "egress_protocol": "the first bytes were not what was promised: SSH, Stratum, silence, another server name",
    "egress_malformed": "the request can be read in two ways or none: control bytes, two lengths, an odd host",
    "egress_certificate": "TLS is terminated, and the real host's certificate does not hold",
    "egress_unattributed": "nobody knows which call the connection belongs to",
    "egress_credential": "the placeholder of a credential stands where the credential may not go",
    "credential_answer": "an answer that may echo a credential is encoded, so that nobody could hide it",
    "egress_cut": "a response or a person has cut the way out",
    "request_method": "the host has request rules, and none lists this method",
    "request_path": "none of the host's request rules lists this path, or it has no canonical form",
    "request_query": "none of the host's request rules lists this query",
    "request_body": "the body is larger than the host's request rule allows",
    "request_opaque": "the host has request rules, and this TLS is not opened, so they could not be asked",
    "response_head": "the head of the answer is larger than the door takes",
    "response_body": "the answer is larger than the host's request rule allows",
    "exchange_time": "the exchange took longer than the host's request rule allows, or the answer's head longer than 10 s",
    "dns_name": "the profile lists no such name",
    "dns_budget": "too many queries, or names that look like data",
    "hold_expired": "the act waited for a person and nobody approved it",
    "approval_needed": "the act cannot be undone, and a person must approve it",
    "granted": "the persons whom the hold asked for approved this act",
    "grant_refused": "a registered person said no",
    "grant_altered": "the grant's signature does not hold, or it is for another act",
    "grant_expired": "the grant came after its own expiry",
    "grant_replayed": "the grant was heard before",
    "grant_self": "the grant is by who asks, or by who alone runs the agent that asks",
    "grant_unknown": "the grant is by nobody who is registered as a person with a key",
    "grant_unlisted": "the profile names who may approve, and not this person",
    "grant_alone": "one person approved, or the same twice, where more must",
    "need_to_know": "the agent's purpose does not call for this data",
    "flow_label": "labelled data would reach somebody without the clearance",
    "flow_opaque": "an unreadable text would leave a session that was shown labelled data",
    "irreversible": "the act cannot be undone, and no agent does it",
    "monitor_reasoning": "a monitor of the agent's reasoning found it suspicious, or gave no score",
    "monitor_action": "a monitor of the act found it suspicious, or gave no score",
    "output_secret": "the text holds a credential",
    "output_threat": "the text makes a threat",
    "rule_of_two": "the session would have untrusted input, sensitive data and a hand on the outside",
    "effect_unknown": "nobody stated what the act would do",
    "episode_frozen": "the episode is frozen by a response",
    "episode_ended": "the episode is over",
    "cell_refused": "the cell would not start the process" + _ONLY_RULES,
    "judge_error": "the act or a rule could not be evaluated, which is a no",
    "ledger_unwritable": "the ledger cannot be written, so nothing is done" + _ONLY_RULES,
    "shutdown": "the door was closing with its episode",
}


def page(root: Path) -> str:
    """Return the page."""
    from vigiles.model.feedback import DEFAULT_FEEDBACK
    from vigiles.model.reason import REASON_CODES, agent_text

    rows = [
        (
            f"`{code}`",
            MEANING[code],
            f"`{DEFAULT_FEEDBACK.get(code, 'nothing')}`",
            agent_text(code).removeprefix("Vigiles: ") or "-",
        )
        for code in REASON_CODES
    ]
    told = (
        "What the agent is told begins with `Vigiles: `; codes without a sentence of their own get that of `rule_forbids`.\n"
    )
    return "\n".join([HEAD, _INTRO, table(("Code", "Meaning", "Feedback", "What the agent is told"), rows), told])
