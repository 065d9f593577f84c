"""The rules of reverse tunnels: what is proof, what is a vote, and the numbers that decide. Data only."""

from __future__ import annotations

from vigiles.detectors.rule import Rule
from vigiles.detectors.ssh_flow import IDLE_US

_OPENSSH = "OpenSSH ssh(1), ssh_config(5); ATT&CK T1572 detection strategy DET0538"
_FORMAT = "packet sizes from RFC 4253 section 6 and RFC 4254 section 7.1; own captures of OpenSSH and dropbear"

FORWARD_ARGV = Rule(id="reverse_tunnel.forward_argv", severity="high", techniques=["T1572", "AML.T0072"], source=_OPENSSH)
DYNAMIC_ARGV = Rule(id="reverse_tunnel.dynamic_argv", severity="medium", techniques=["T1572", "T1090"], source=_OPENSSH)
DEVICE_ARGV = Rule(id="reverse_tunnel.device_argv", severity="high", techniques=["T1572", "T1090"], source=_OPENSSH)
FORWARD_REQUEST = Rule(
    id="reverse_tunnel.forward_request", severity="high", techniques=["T1572", "AML.T0072"], source=_FORMAT
)
SERVER_LEADS = Rule(
    id="reverse_tunnel.server_leads",
    severity="high",
    techniques=["T1572", "AML.T0072"],
    source="who speaks first after a silence; own captures",
    thresholds={
        "idle_us": IDLE_US,
        "exchanges_without_session": 1,  # the first one already shows it where no session channel was opened
        "exchanges_unclear": 3,  # unknown cipher or opening: more is needed
        "exchanges_with_session": 4,  # a session channel is open as well: only a clear lead counts
    },
)
PROXIED_SSH = Rule(
    id="reverse_tunnel.ssh_through_proxy",
    severity="high",
    techniques=["T1572", "T1090"],
    source="SSH inside HTTP CONNECT; every peer that allows a host by CONNECT lets it through",
)
UNNAMED_SSH = Rule(
    id="reverse_tunnel.ssh_to_unnamed_host",
    severity="medium",
    techniques=["T1572", "T1021.004"],
    source="SSH to a host that the profile does not name",
)
LOOPBACK = Rule(
    id="reverse_tunnel.loopback_socket",
    severity="high",
    techniques=["T1572", "AML.T0072"],
    source="a used ssh -R opens a second socket, from ssh to a service on this side",
)
VOTES = Rule(
    id="reverse_tunnel.votes",
    severity="high",
    techniques=["T1572"],
    source="two weak signs of different kinds in one call; after the combined findings of cloud providers",
    thresholds={"kinds": 2, "initiative_exchanges": 3},
)
RULES = (
    FORWARD_ARGV,
    DYNAMIC_ARGV,
    DEVICE_ARGV,
    FORWARD_REQUEST,
    SERVER_LEADS,
    PROXIED_SSH,
    UNNAMED_SSH,
    LOOPBACK,
    VOTES,
)
