"""The rules of denied egress: what each refusal weighs. Data only."""

from __future__ import annotations

import re

from vigiles.detectors.rule import Rule

_SOURCE = "the door's and the notifier's reason codes (vigiles.model.reason)"

HOST = Rule(id="denied_egress.host", severity="low", techniques=["T1071"], source=_SOURCE)
NAME = Rule(id="denied_egress.name", severity="low", techniques=["T1071.004"], source=_SOURCE)
PORT = Rule(id="denied_egress.port", severity="medium", techniques=["T1571"], source=_SOURCE)
ADDRESS = Rule(id="denied_egress.address", severity="medium", techniques=["T1571", "T1095"], source=_SOURCE)
PROTOCOL = Rule(id="denied_egress.protocol", severity="high", techniques=["T1571", "T1572"], source=_SOURCE)
MALFORMED = Rule(id="denied_egress.malformed", severity="medium", techniques=["T1036", "T1090"], source=_SOURCE)
#: The listed host, or somebody in its place, could not prove who it is; no act of the agent's own.
CERTIFICATE = Rule(id="denied_egress.certificate", severity="low", techniques=["T1557"], source=_SOURCE)
UNATTRIBUTED = Rule(id="denied_egress.unattributed", severity="medium", techniques=["T1095"], source=_SOURCE)
#: Which request it was is known, and the host is a listed one: package managers ask for more than they need.
REQUEST = Rule(id="denied_egress.request", severity="low", techniques=["T1071.001"], source=_SOURCE)
UPLOAD = Rule(id="denied_egress.upload", severity="medium", techniques=["T1567", "AML.T0025"], source=_SOURCE)
BUDGET = Rule(id="denied_egress.budget", severity="medium", techniques=["T1048", "AML.T0086"], source=_SOURCE)
DNS_BUDGET = Rule(id="denied_egress.dns_budget", severity="medium", techniques=["T1071.004", "T1048"], source=_SOURCE)
#: A connected UDP socket sends nothing yet, and libraries connect one to learn their own address.
UDP = Rule(id="denied_egress.udp", severity="low", techniques=["T1095"], source=_SOURCE)
SOCKET = Rule(id="denied_egress.socket", severity="low", techniques=["T1559", "T1611"], source=_SOURCE)
MANY = Rule(
    id="denied_egress.many",
    severity="medium",
    techniques=["T1046"],
    source="keeps a flood of refusals from becoming a flood of incidents",
    thresholds={"distinct_destinations": 4},
)
FOLD_AFTER = MANY.thresholds["distinct_destinations"]

#: Reason code -> rule. Codes that are not here follow from our own answers (a cut, a freeze, the end) and are no news.
BY_REASON: dict[str, Rule] = {
    "egress_host": HOST,
    "dns_name": NAME,
    "egress_port": PORT,
    "egress_address": ADDRESS,
    "egress_protocol": PROTOCOL,
    "egress_malformed": MALFORMED,
    "egress_certificate": CERTIFICATE,
    "egress_unattributed": UNATTRIBUTED,
    "request_method": REQUEST,
    "request_path": REQUEST,
    "request_query": REQUEST,
    "request_opaque": REQUEST,
    "request_body": UPLOAD,
    "budget_egress": BUDGET,
    "budget_direction": BUDGET,
    "budget_exfil": BUDGET,
    "dns_budget": DNS_BUDGET,
}
RULES = (
    HOST,
    NAME,
    PORT,
    ADDRESS,
    PROTOCOL,
    MALFORMED,
    CERTIFICATE,
    UNATTRIBUTED,
    REQUEST,
    UPLOAD,
    BUDGET,
    DNS_BUDGET,
    UDP,
    SOCKET,
    MANY,
)

#: Sockets that lead out of a cell: container engines, the init system, message buses, key agents.
SOCKET_WAYS_OUT = re.compile(
    r"(docker|containerd|crio|podman|buildkitd)[^/]*\.sock|/systemd/(private|notify)|system_bus_socket|/bus$|"
    r"agent\.\d+|S\.gpg-agent|/keyring/|\.X11-unix|vsock"
)
