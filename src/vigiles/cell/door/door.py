"""What every part of one door shares, and how one flow is served from its first to its last record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from vigiles.cell.door.allowance import Allowance
from vigiles.cell.door.callers import Callers
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.dial import Dialler, Undialled
from vigiles.cell.door.dns.names import Names
from vigiles.cell.door.dns.synthetic import Synthetic
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.flows.report import Report
from vigiles.cell.door.flows.roll import Roll
from vigiles.cell.door.passing.exchange import BadAnswer
from vigiles.cell.door.refusal import BAD_ANSWER, FAULT, UNREACHABLE, Refusal, farewell, tell_inside
from vigiles.cell.door.wire import Wire
from vigiles.ruleset.egress import decide_host

if TYPE_CHECKING:
    from vigiles.cell.door.tls.termination import Termination

T = TypeVar("T")


class Door:
    """The shared parts; each is the only one of its kind in the process."""

    def __init__(self, config: DoorConfig, report: Report, callers: Callers, *, six: bool = True) -> None:
        """``six``: whether a plain connect over IPv6 can come here."""
        self.six = six
        self.config = config
        self.egress = config.egress
        self.report = report
        self.callers = callers
        self.roll = Roll(config, report)
        self.allowance = Allowance(config)
        self.dialler = Dialler(config.egress)
        self.names = Names(callers.tell_reachable)
        self.tls = _termination(config)
        #: None before a container that runs already: what it remembers of our answers would mislead it when we are gone.
        self.synthetic = None if config.redirected else Synthetic(config.egress, callers.tell_reachable)

    @property
    def observing(self) -> bool:
        """Whether nothing is refused by the rules."""
        return self.egress.mode == "observe"

    def meant(self, host: str) -> str:
        """Return the name for which ``host`` (canonical) stands, if it is an address that DNS made up; else ``host``.

        Raises :class:`Refusal` for one that DNS could make up, but has not: no host has it.
        """
        if self.synthetic is None or not self.synthetic.covers(host):
            return host
        name = self.synthetic.name(host)
        if name is None:
            raise Refusal("egress_address")
        return name

    def may_begin(self, flow: LiveFlow) -> None:
        """Raises :class:`Refusal` for a caller that is not known or has been cut."""
        barred = self.roll.barred(flow.call)
        if barred is not None:
            raise Refusal(barred)
        if flow.call is None:
            raise Refusal("egress_unattributed")

    def admit(self, flow: LiveFlow) -> None:
        """Raises :class:`Refusal` unless the caller may reach the flow's host and port."""
        self.may_begin(flow)
        verdict = decide_host(self.egress, flow.host, flow.port)
        if verdict not in ("allowed", "allowed_observe"):
            raise Refusal(verdict)
        flow.reason = verdict

    async def dial(self, flow: LiveFlow, address: str | None = None) -> Wire:
        """Return the way to the flow's destination, secured where the flow's TLS ends here.

        Raises :class:`Refusal`, :class:`Undialled`.
        """
        sock, flow.address = await self.dialler.dial(flow.host, flow.port, address)
        return await self.tls.to_host(flow, Wire(sock)) if self.tls is not None and flow.inside else Wire(sock)

    async def serve(self, flow: LiveFlow, client: Wire, work: Callable[[], Awaitable[bool]]) -> bool:
        """Run ``work`` as ``flow``; return whether the client's connection can be used again.

        Whatever happens, the flow leaves the roll, its last record is sent, and a client that was refused is told so. An
        error of ours is a refusal too: it is counted, named in the record's marks, and told as :data:`FAULT`.
        """
        self.roll.enter(flow)
        try:
            keep = await work()
            flow.close()
            return keep
        except Refusal as refusal:
            if refusal.data:
                flow.hear("o", refusal.data)
            if flow.passed:
                flow.reason = refusal.reason
                flow.close()
            else:
                flow.refuse(refusal.reason)
            farewell(flow, flow.inside or client, refusal.reason)
        except Undialled as fault:
            flow.extra_marks.append(f"dial.error={fault.kind}")
            flow.close()
            self._fault(flow, client, UNREACHABLE)
        except BadAnswer:
            flow.close()
            self._fault(flow, client, BAD_ANSWER)
        except OSError:
            flow.close()
            client.reset()
        except Exception as fault:
            self.report.fold("door_fault")
            flow.extra_marks.append(f"door.fault={type(fault).__name__}")
            flow.close()
            if flow.answered:
                client.reset()
            else:
                self._fault(flow, client, FAULT)
        finally:
            self.roll.leave(flow)
            flow.close()
        return False

    async def before_flow(self, client: Wire, work: Awaitable[T]) -> T:
        """Await ``work``, done for an HTTP client between two answers; on an error of ours tell the client, and raise it."""
        try:
            return await work
        except OSError:
            raise
        except Exception:
            client.offer(FAULT)
            client.close()
            raise

    def _fault(self, flow: LiveFlow, client: Wire, text: bytes) -> None:
        if flow.inside is not None:
            tell_inside(flow, flow.inside, text)
        elif flow.via == "transparent" or (flow.greeted and flow.protocol != "http"):
            client.reset()
        else:
            client.offer(flow.says or text)
            client.close()


async def through(server: Wire, work: Awaitable[bool]) -> bool:
    """Await ``work``, then close ``server``: in peace when it ended well, with RST when it did not."""
    try:
        keep = await work
    except BaseException:
        server.reset()
        raise
    server.close()
    return keep


def _termination(config: DoorConfig) -> Termination | None:
    """Return both ends of TLS for a door that terminates it; only such a door bears what that takes."""
    if config.authority is None:
        return None
    from vigiles.cell.door.tls.termination import Termination

    return Termination(config.authority, config.trust, config.egress.dial_ms)
