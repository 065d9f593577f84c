"""What one SSH flow says about tunnels: which rule it completes, if any."""

from __future__ import annotations

from vigiles.detectors.rule import Rule
from vigiles.detectors.ssh_flow import SshSigns, ssh_signs, who_leads
from vigiles.detectors.tunnel_rules import FORWARD_REQUEST, PROXIED_SSH, SERVER_LEADS, UNNAMED_SSH, VOTES
from vigiles.model.observation.flow import Flow

#: Reasons that mean "the profile does not name this", as opposed to cuts and budgets.
_UNNAMED = frozenset({"egress_host", "egress_port", "egress_address", "egress_protocol"})
_TUNNELS = {"connect": "an HTTP CONNECT tunnel", "socks": "SOCKS"}


def is_ssh(flow: Flow) -> bool:
    """Return whether SSH was spoken in the flow, plainly or inside something."""
    return flow.protocol == "ssh" or any(mark.startswith(("ssh.client=", "ssh.server=")) for mark in flow.marks)


def flow_rules(flow: Flow, refusal: str | None, *, judge_reads: bool = True) -> list[tuple[Rule, str]]:
    """Return (rule, what was seen) for everything one state of an SSH flow shows; ``refusal`` as the rules (would) say.

    Without ``judge_reads`` sizes and silences are left out: they were judged in an earlier state.
    """
    place = f"{flow.host}:{flow.port}"
    found: list[tuple[Rule, str]] = []
    named = refusal is None and flow.port == 22
    if flow.protocol != "ssh":
        found.append((PROXIED_SSH, f"SSH inside a {flow.protocol} conversation with {place}"))
    elif flow.via in _TUNNELS and not named:
        found.append((PROXIED_SSH, f"SSH through {_TUNNELS[flow.via]} to {place}"))
    elif refusal in _UNNAMED:
        found.append((UNNAMED_SSH, f"SSH to {place}, which the profile does not name"))
    if not judge_reads:
        return found
    signs = ssh_signs(flow.chunks)
    if signs.opening == "forward_request":
        found.append((FORWARD_REQUEST, f"the client asked {place} to forward a port back, right after authentication"))
    if server_leads(signs):
        found.append((SERVER_LEADS, f"{place} leads the talk: {signs.server_led} exchanges, the client {signs.client_led}"))
    return found


def server_leads(signs: SshSigns) -> bool:
    """Return whether the server uses the connection rather than the client."""
    limits = SERVER_LEADS.thresholds
    if signs.opening in ("no_session", "forward_request"):
        return signs.server_first and signs.server_led >= limits["exchanges_without_session"]
    needed = limits["exchanges_with_session" if signs.opening == "session" else "exchanges_unclear"]
    return signs.server_led >= needed and signs.server_led > 2 * signs.client_led


def reversed_lead(flow: Flow) -> bool:
    """Return whether the far side leads a flow of another protocol; some honest services push too, so this is a vote."""
    server_led, client_led = who_leads(flow.chunks)
    return server_led >= VOTES.thresholds["initiative_exchanges"] and server_led > 2 * client_led


def unnamed(refusal: str | None) -> bool:
    """Return whether the rules (would) refuse for want of a name in the profile."""
    return refusal in _UNNAMED
