"""What the calls of one episode may still send, receive and carry, and what each host may be sent."""

from __future__ import annotations

from collections import Counter, OrderedDict

from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.refusal import Refusal
from vigiles.model.reason import ReasonCode
from vigiles.protocols.hidden import Hidden
from vigiles.ruleset.budgets import one_sided
from vigiles.ruleset.requests import RequestRules

#: Calls whose words are remembered; the counts of all are kept.
_REMEMBERED = 64


class Allowance:
    """Counts by call, and judges by the profile. Where the door only observes, what would be refused is noted instead.

    ``head_s``: how long a whole head may take, seconds.
    """

    def __init__(self, config: DoorConfig) -> None:
        self._config = config
        self._calls: Counter[int | None] = Counter()
        self._received: Counter[int | None] = Counter()
        self._episode = 0
        self._hidden: OrderedDict[int | None, Hidden] = OrderedDict()
        self.head_s = config.head_ms / 1000
        self.rules = RequestRules(config.egress.requests)

    @property
    def observing(self) -> bool:
        """Whether nothing is refused by the rules."""
        return self._config.egress.mode == "observe"

    def spend(self, call: int | None, size: int) -> bool:
        """Take ``size`` bytes for ``call``; False, taking nothing, when a budget has not that much left."""
        config = self._config
        if exceeds(self._calls[call] + size, config.egress_bytes_call):
            return False
        if exceeds(self._episode + size, config.egress_bytes_episode):
            return False
        self._calls[call] += size
        self._episode += size
        return True

    def send(self, flow: LiveFlow, size: int) -> None:
        """Take ``size`` bytes that leave by ``flow``. Raises :class:`Refusal`."""
        if not self.spend(flow.call, size):
            raise Refusal("budget_egress")
        most, floor = self._config.sent_per_received, self._config.sent_floor_bytes
        both = (flow.sent, flow.received), (self._calls[flow.call], self._received[flow.call])
        if any(one_sided(sent, received, most, floor) for sent, received in both):
            self.enforce(flow, "budget_direction")

    def receive(self, flow: LiveFlow, size: int) -> None:
        """Take ``size`` bytes that come in by ``flow``. Raises :class:`Refusal`."""
        self._received[flow.call] += size
        if exceeds(self._received[flow.call], self._config.ingress_bytes_call):
            self.enforce(flow, "budget_ingress")

    def hidden(self, call: int | None) -> Hidden:
        """Return what ``call`` has carried in places that nobody reads."""
        hidden = self._hidden.get(call)
        if hidden is None:
            hidden = self._hidden[call] = Hidden()
            for other in [*self._hidden.values()][-_REMEMBERED - 1 : -_REMEMBERED]:
                other.forget()
        return hidden

    def may_carry(self, call: int | None, more: int) -> bool:
        """Return whether ``call`` may carry ``more`` bytes in such places of a request."""
        return not exceeds(self.hidden(call).carried + more, self._config.exfil_bytes_call)

    def enforce(self, flow: LiveFlow, reason: ReasonCode) -> None:
        """Refuse, by raising :class:`Refusal`; or note it, where the door only observes."""
        if not self.observing:
            raise Refusal(reason)
        flow.unenforced(reason)


def exceeds(used: int, limit: int | None) -> bool:
    """Return whether ``used`` is beyond ``limit``; None is no limit."""
    return limit is not None and used > limit
