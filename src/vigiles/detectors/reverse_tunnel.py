"""Reverse tunnels: letting somebody outside use this side, above all ``ssh -R``.

Three independent views: the executed command line (read as ssh reads it), the flow (sizes, directions, silences), and the
second socket that a used tunnel opens towards a service on this side. Each is enough alone. Weak signs (other tunnel tools,
a background ssh, a changed ssh configuration, a far side that leads) are votes; two of different kinds make a finding.
"""

from __future__ import annotations

import re

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.destination import Destinations
from vigiles.detectors.expected import EgressReader, Expected, recorded_egress
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.detectors.ssh_argv import SshCommand, client_name, forward_like, parse_ssh
from vigiles.detectors.tool_argv import tunnel_tool
from vigiles.detectors.tunnel_flow import flow_rules, is_ssh, reversed_lead, unnamed
from vigiles.detectors.tunnel_rules import DEVICE_ARGV, DYNAMIC_ARGV, FORWARD_ARGV, LOOPBACK, RULES, VOTES
from vigiles.detectors.votes import Vote, Votes
from vigiles.model.finding import Finding
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.render.text import safe_argv

#: Files that change what ssh does, here or for whoever comes in.
SSH_FILES = re.compile(r"(?:^|/)\.ssh/(config|authorized_keys2?|rc)$|/ssh_config(\.d/[^/]+)?$")
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost")
#: X11 displays that a session may forward, and other sshds on this side.
_HONEST_PORTS = frozenset({22, *range(6000, 6064)})


class ReverseTunnel:
    """Command lines, flows and loopback sockets of tunnels; one finding of each kind for each call and destination."""

    name = "reverse_tunnel"
    rules = RULES
    takes = (DnsQuery, Connect, Flow, RulesetInForce, ProcessStart, ProcessExit, FileChange)

    def __init__(self, read: EgressReader = recorded_egress) -> None:
        self._destinations = Destinations()
        self._expected = Expected(read)
        self._seen: Recent[tuple[str, str, bool], None] = Recent(4096)
        self._ssh: Recent[int, tuple[SshCommand, bool]] = Recent(1024)
        self._judged: Recent[str, tuple[int, str, int | None]] = Recent(2048)
        self._votes = Votes()

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the record completes."""
        self._destinations.feed(record)
        self._expected.feed(record)
        if isinstance(record, ProcessStart):
            return self._process(record)
        if isinstance(record, ProcessExit):
            self._ssh.pop(record.pid)
        elif isinstance(record, Connect):
            return self._connect(record)
        elif isinstance(record, Flow):
            return self._flow(record)
        elif isinstance(record, FileChange) and SSH_FILES.search(record.path) and record.change != "deleted":
            return self._vote(record, "file", f"ssh configuration changed: {record.path}", self._own_cause(record))
        return []

    def _process(self, record: ProcessStart) -> list[Finding]:
        self._ssh.pop(record.pid)
        client = client_name(record.exe, record.argv)
        if client is None:
            return self._other_tool(record)
        command = parse_ssh(client, record.argv)
        if command.harmless:
            return []
        if not _LOOPBACK.fullmatch(command.host or ""):
            self._ssh.set(record.pid, (command, command.proxied))
        cause = self._own_cause(record)
        if command.host:
            cause = self._destinations.cause(call_of(record), command.host, command.port)
        shown = safe_argv(record.argv, 120)
        found = []
        if command.remote:
            found += self._once(FORWARD_ARGV, record, cause, f"ssh asked to forward a port back to this side: {shown}")
        if command.tunnel:
            found += self._once(DEVICE_ARGV, record, cause, f"ssh asked for a tunnel device: {shown}")
        if command.dynamic:
            found += self._once(DYNAMIC_ARGV, record, cause, f"ssh asked to be a SOCKS proxy: {shown}")
        plain = not (command.remote or command.tunnel or command.dynamic or command.local)
        if plain and (command.no_command or command.config not in (None, "none", "/dev/null")):
            found += self._vote(record, "argv", f"ssh without a command of its own: {shown}", cause)
        return found

    def _other_tool(self, record: ProcessStart) -> list[Finding]:
        tool = tunnel_tool(record.exe, record.argv)
        if tool is None and not forward_like(record.argv):
            return []
        what = f"tunnel tool {tool}" if tool else "options of a reverse forward given to another program"
        return self._vote(record, "argv", f"{what}: {safe_argv(record.argv, 120)}", self._own_cause(record))

    def _connect(self, record: Connect) -> list[Finding]:
        known = self._ssh.get(record.pid)
        if known is None or record.transport != "tcp" or record.family not in ("inet", "inet6"):
            return []
        command, outside = known
        if record.outcome != "inside":
            self._ssh.set(record.pid, (command, True))
            return []
        if not outside or not _LOOPBACK.fullmatch(record.address) or record.port in _HONEST_PORTS:
            return []
        place = f"{record.address}:{record.port}"
        summary = f"ssh to {command.host or 'an unknown host'} opened a connection to the local service {place}"
        cause = self._own_cause(record)
        if command.host:
            cause = self._destinations.cause(call_of(record), command.host, command.port)
        return self._once(LOOPBACK, record, cause, summary)

    def _flow(self, record: Flow) -> list[Finding]:
        refusal = self._expected.refusal(record.reason, record.host, record.port)
        cause = self._destinations.cause(call_of(record), record.host, record.port)
        blocked = record.phase == "refused"
        state = (len(record.chunks), record.protocol, call_of(record))
        new_reads = self._judged.get(record.flow) != state
        self._judged.set(record.flow, state)
        if is_ssh(record):
            found = []
            for rule, summary in flow_rules(record, refusal, judge_reads=new_reads):
                found += self._once(rule, record, cause, summary, blocked)
            return found
        place = f"{record.host}:{record.port}"
        found = []
        if unnamed(refusal):
            found += self._vote(record, "destination", f"a flow to {place}, which the profile does not name", cause)
        if new_reads and reversed_lead(record):
            found += self._vote(record, "initiative", f"{place} leads the talk", cause)
        return found

    def _vote(self, record: Recorded, kind: str, what: str, cause: str) -> list[Finding]:
        """Count a weak sign; return a finding when it is the second kind in its call."""
        votes = self._votes.cast(call_of(record), Vote(kind, what, record.id, record.at.wall_us))
        if len(votes) < VOTES.thresholds["kinds"]:
            return []
        summary = "; ".join(vote.what for vote in votes)
        evidence, occurred = [vote.record for vote in votes], min(vote.wall_us for vote in votes)
        blocked = isinstance(record, Flow) and record.phase == "refused"
        return [
            conclude(VOTES, record, summary=summary, cause=cause, evidence=evidence, occurred_us=occurred, blocked=blocked)
        ]

    def _once(self, rule: Rule, record: Recorded, cause: str, summary: str, blocked: bool = False) -> list[Finding]:
        """Conclude once for each cause, and once more where what was refused at first got through."""
        if (rule.id, cause, False) in self._seen or not self._seen.first_time((rule.id, cause, blocked), None):
            return []
        return [conclude(rule, record, summary=summary, cause=cause, blocked=blocked)]

    def _own_cause(self, record: Recorded) -> str:
        call = call_of(record)
        return f"reverse_tunnel:{'-' if call is None else call}"
