"""The use of a honey token: a credential that opens nothing was found where it has no honest reason to be.

Reading the file that holds it is not counted: backup, search and indexing do that. Its string in a command line, in a name
that is looked up or in what leaves through the door is; in another file, or in what a call says, it is a weaker sign.
"""

from __future__ import annotations

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.act import Act
from vigiles.model.finding import Finding
from vigiles.model.honey import HoneyPlaced, HoneyToken
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.process import ProcessStart
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.protocols.honey import fold, found

#: The mark that the door puts on a flow in which it saw a token go out.
FLOW_MARK = "honey="

USED = Rule(
    id="honey.used",
    severity="high",
    techniques=["T1078", "T1552.001", "AML.T0055"],
    source="ATT&CK T1552.001; MITRE Engage EAC0005 (lures), EAC0014 (decoy credentials)",
)
SENT = Rule(
    id="honey.sent",
    severity="critical",
    techniques=["T1041", "T1552.001", "AML.T0025"],
    source="ATT&CK T1041; MITRE Engage EAC0005 (lures), EAC0014 (decoy credentials)",
)
COPIED = Rule(
    id="honey.copied",
    severity="medium",
    techniques=["T1552.001", "T1074.001", "AML.T0055"],
    source="ATT&CK T1074.001; MITRE Engage EAC0005 (lures), EAC0014 (decoy credentials)",
)
SHOWN = Rule(
    id="honey.shown",
    severity="low",
    techniques=["T1552.001", "AML.T0055"],
    source="ATT&CK T1552.001; what a model is given to read is known to it",
)


class Honey:
    """One finding for each token, call and way: in words (``used``), out of the cell (``sent``), in a file of the work
    directory (``copied``), in the call's output (``shown``).
    """

    name = "honey"
    rules = (USED, SENT, COPIED, SHOWN)
    takes = (HoneyPlaced, Act, Result, ProcessStart, DnsQuery, Flow, FileChange)

    def __init__(self) -> None:
        self._tokens: list[HoneyToken] = []
        self._salt = b""
        self._seen: Recent[tuple[str, str, bool], None] = Recent(4096)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the record completes."""
        if isinstance(record, HoneyPlaced):
            self._tokens = list(record.tokens)
            try:
                self._salt = bytes.fromhex(record.salt)
            except ValueError:
                self._tokens = []
            return []
        if not self._tokens:
            return []
        if isinstance(record, Act):
            words = [] if record.process is None else record.process.argv
            return self._words(record, [*words, *map(str, record.arguments.values())], "an act")
        if isinstance(record, ProcessStart):
            return self._words(record, record.argv, "a command line")
        if isinstance(record, Result):
            return self._told(SHOWN, record, self._known(record.honey), "the output of a call")
        if isinstance(record, FileChange):
            return self._told(COPIED, record, self._known(record.honey), f"the file {record.path}")
        if isinstance(record, DnsQuery):
            names = found(fold(record.name.encode("utf-8", "replace")), self._tokens, self._salt, folded=True)
            return self._told(
                SENT, record, names, f"a name that was looked up ({record.outcome})", record.outcome != "answered"
            )
        if isinstance(record, Flow):
            return self._flow(record)
        return []

    def _known(self, names: list[str]) -> list[str]:
        known = {token.name for token in self._tokens}
        return [name for name in names if name in known]

    def _words(self, record: Act | ProcessStart, words: list[str], where: str) -> list[Finding]:
        text = "\0".join(words).encode("utf-8", "replace")
        return self._told(USED, record, found(text, self._tokens, self._salt), where)

    def _flow(self, record: Flow) -> list[Finding]:
        marked = [mark.removeprefix(FLOW_MARK) for mark in record.marks if mark.startswith(FLOW_MARK)]
        text = f"{record.path or ''}\0{record.host}".encode("utf-8", "replace")
        names = self._known(marked)
        names += [name for name in found(text, self._tokens, self._salt) if name not in names]
        refused = record.phase == "refused"
        return self._told(SENT, record, names, f"what was sent to {record.host}:{record.port}", refused)

    def _told(self, rule: Rule, record: Recorded, names: list[str], where: str, blocked: bool = False) -> list[Finding]:
        call = call_of(record)
        made = []
        for name in names:
            cause = f"honey:{name}:{'-' if call is None else call}"
            if (rule.id, cause, False) in self._seen or not self._seen.first_time((rule.id, cause, blocked), None):
                continue
            made.append(conclude(rule, record, summary=f"honey token {name} in {where}", cause=cause, blocked=blocked))
        return made
