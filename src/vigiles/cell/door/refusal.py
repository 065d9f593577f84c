"""How the door says no: constant text with a reason code, never something that looks like a fault of the network."""

from __future__ import annotations

from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.wire import Wire
from vigiles.model.reason import ReasonCode, agent_text
from vigiles.protocols.tls import ACCESS_DENIED


class Refusal(Exception):
    """Raised where the door decides against a flow. ``data`` are bytes already read that belong in the record."""

    def __init__(self, reason: ReasonCode, data: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.data = data


def _answer(status: str, fields: str, body: str) -> bytes:
    text = body + "\n"
    return (
        f"HTTP/1.1 {status}\r\n{fields}Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"
    ).encode("ascii")


def forbidden(reason: ReasonCode) -> bytes:
    """Return the 403 for ``reason``."""
    return _answer("403 Forbidden", f"Vigiles-Reason: {reason}\r\n", agent_text(reason))


#: More connections at once than the door serves.
BUSY = _answer(
    "503 Service Unavailable", "Retry-After: 1\r\n", "Vigiles: too many connections at once; wait for some to end."
)
#: These two are faults of the network or the destination, and say so; they carry no reason code.
UNREACHABLE = _answer("502 Bad Gateway", "", "The destination could not be reached.")
BAD_ANSWER = _answer("502 Bad Gateway", "", "The destination's answer is not HTTP.")
#: An error in the door's own code; it is counted as ``door_fault``.
FAULT = _answer("500 Internal Server Error", "", "Vigiles: a fault of the door itself ended this request.")


def farewell(flow: LiveFlow, client: Wire, reason: ReasonCode) -> None:
    """Tell the client of a refused flow, in the language it expects, and close."""
    if flow.told:
        client.close()
        return
    if flow.inside is not None:
        tell_inside(flow, flow.inside, forbidden(reason))
        return
    if flow.via == "transparent" or flow.passed:
        client.reset()
        return
    if flow.says is not None:
        client.offer(flow.says)
        client.close()
        return
    client.offer(ACCESS_DENIED if flow.greeted and flow.protocol == "tls" else forbidden(reason))
    client.close()


def tell_inside(flow: LiveFlow, client: Wire, text: bytes) -> None:
    """End the client's TLS with ``text``, if it waits for an answer of which nothing has come yet."""
    if flow.waiting:
        client.offer(text)
        client.close()
    else:
        client.reset()
