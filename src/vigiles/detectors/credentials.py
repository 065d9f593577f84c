"""A credential's placeholder, taken where the credential may not go.

The placeholder opens nothing, so nothing is lost; but whoever sends it to another host meant to send the credential there.
"""

from __future__ import annotations

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.credential import CredentialsHeld, Placeholder
from vigiles.model.finding import Finding
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.union import Recorded
from vigiles.protocols.honey import fold, found

#: The marks that the door puts on a flow: before the equals sign, how the placeholder was misplaced.
ELSEWHERE_MARK, OUT_OF_PLACE_MARK = "credential.elsewhere=", "credential.out_of_place="

ELSEWHERE = Rule(
    id="credentials.elsewhere",
    severity="high",
    techniques=["T1552", "T1048", "AML.T0025"],
    source="ATT&CK T1552 (unsecured credentials), T1048 (exfiltration over another way)",
)
OUT_OF_PLACE = Rule(
    id="credentials.out_of_place",
    severity="medium",
    techniques=["T1552"],
    source="ATT&CK T1552 (unsecured credentials)",
)


class Credentials:
    """One finding for each credential, call and way: to another place, or to its own host where it is not put."""

    name = "credentials"
    rules = (ELSEWHERE, OUT_OF_PLACE)
    takes = (CredentialsHeld, DnsQuery, Flow)

    def __init__(self) -> None:
        self._held: list[Placeholder] = []
        self._salt = b""
        self._seen: Recent[tuple[str, str, bool], None] = Recent(4096)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the record completes."""
        if isinstance(record, CredentialsHeld):
            try:
                self._held, self._salt = list(record.placeholders), bytes.fromhex(record.salt)
            except ValueError:
                self._held = []
        elif isinstance(record, DnsQuery) and self._held:
            tokens = [one.token for one in self._held]
            names = found(fold(record.name.encode("utf-8", "replace")), tokens, self._salt, folded=True)
            where = f"a name that was looked up ({record.outcome})"
            return self._told(ELSEWHERE, record, names, where, blocked=record.outcome != "answered")
        elif isinstance(record, Flow) and self._held:
            return self._flow(record)
        return []

    def _flow(self, record: Flow) -> list[Finding]:
        known = {one.token.name for one in self._held}
        made = []
        for rule, mark, where in (
            (ELSEWHERE, ELSEWHERE_MARK, f"what was sent to {record.host}:{record.port}"),
            (OUT_OF_PLACE, OUT_OF_PLACE_MARK, f"a request to {record.host}:{record.port}, out of its place"),
        ):
            names = [name for one in record.marks if one.startswith(mark) and (name := one.removeprefix(mark)) in known]
            blocked = record.phase == "refused" or record.reason == "egress_credential"
            made += self._told(rule, record, names, where, blocked=blocked)
        return made

    def _told(self, rule: Rule, record: Recorded, names: list[str], where: str, *, blocked: bool) -> list[Finding]:
        call = call_of(record)
        made = []
        for name in names:
            cause = f"credentials:{name}:{'-' if call is None else call}"
            if (rule.id, cause, False) in self._seen or not self._seen.first_time((rule.id, cause, blocked), None):
                continue
            summary = f"the placeholder of credential {name} in {where}"
            made.append(conclude(rule, record, summary=summary, cause=cause, blocked=blocked))
        return made
