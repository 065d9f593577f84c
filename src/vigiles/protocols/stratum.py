"""The grammar of mining conversations over JSON: Stratum v1, the XMRig family, Ethereum pools, getwork, getblocktemplate.

Two kinds of evidence. A *method*: a name that only mining uses, with parameters of the shape it needs; one is enough. A
*shape*: values that look like a job (a long hex blob with a job name) or like a share (an 8 or 16-digit nonce beside a
64-digit result), whatever the keys are called; jobs must come from one side and shares from the other before shapes count,
so a queue that hands out hashes is not a pool.

Facts: the public protocol descriptions (Stratum v1 as in the Bitcoin wiki, BIP 22/23, EIP-1571, XMRig's STRATUM notes).
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from vigiles.protocols.json_stream import JsonObjects

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]+)\Z")

_STRATUM_METHODS = frozenset(
    f"mining.{name}"
    for name in (
        "subscribe", "authorize", "configure", "submit", "notify", "set_difficulty", "set_target", "set_extranonce",
        "extranonce.subscribe", "suggest_difficulty", "suggest_target", "set_version_mask", "get_transactions", "hello",
        "noop", "bye", "set", "set_epoch", "submit_hashrate", "multi_version",
    )
)  # fmt: skip
_ETHEREUM_METHODS = frozenset(["eth_submitLogin", "eth_getWork", "eth_submitWork", "eth_submitHashrate", "eth_login"])
_TEMPLATE_METHODS = frozenset(["getwork", "getblocktemplate", "getworkex", "submitblock", "getjobtemplate", "getminingjob"])

Side = Literal["o", "i"]


class StratumFact(msgspec.Struct, frozen=True, kw_only=True):
    """One thing seen. ``method`` names what was said; ``by`` tells a name (enough) from a shape (needs its partner)."""

    method: str
    by: Literal["name", "shape"]


class StratumScanner:
    """Feed both directions (``o`` from the client, ``i`` to it); get the methods that prove mining, each once."""

    def __init__(self) -> None:
        self._streams: dict[Side, JsonObjects] = {"o": JsonObjects(), "i": JsonObjects()}
        self._shapes: dict[Side, set[str]] = {"o": set(), "i": set()}
        self._seen: set[str] = set()

    @property
    def exhausted(self) -> bool:
        """Whether nothing more will be found."""
        return self._streams["o"].exhausted and self._streams["i"].exhausted

    def deaf(self, side: Side) -> bool:
        """Whether nothing more will be found in what this side sends."""
        return self._streams[side].exhausted

    def feed(self, side: Side, data: bytes) -> list[str]:
        """Return the methods newly proved. Never raises."""
        return self._judge(side, self._streams[side].feed(data))

    def _judge(self, side: Side, objects: list[dict[str, Any]]) -> list[str]:
        fresh: list[str] = []
        for value in objects:
            fact = recognise(value)
            if fact is None:
                continue
            if fact.by == "name":
                fresh.append(fact.method)
            else:
                self._shapes[side].add(fact.method)
        out, back = self._shapes["o"], self._shapes["i"]
        if ("shape:job" in out and "shape:share" in back) or ("shape:job" in back and "shape:share" in out):
            fresh.append("shape:job+share")
        fresh = [method for method in dict.fromkeys(fresh) if method not in self._seen]
        self._seen.update(fresh)
        return fresh


def recognise(value: dict[str, Any]) -> StratumFact | None:
    """Return what a single JSON object says of mining, or None."""
    name = value.get("method", value.get("type"))
    params = value.get("params")
    if isinstance(name, str):
        said = _by_name(name, params, value)
        if said is not None:
            return StratumFact(method=said, by="name")
    said = _by_result(value.get("result"))
    if said is not None:
        return StratumFact(method=said, by="name")
    shape = _by_shape(params if params is not None else value.get("result")) or _by_shape(value)
    return None if shape is None else StratumFact(method=shape, by="shape")


def _by_name(name: str, params: Any, value: dict[str, Any]) -> str | None:
    if name in _STRATUM_METHODS:
        return name if isinstance(params, list | dict) else None
    if name in _ETHEREUM_METHODS:
        return name if isinstance(params, list | dict) else None
    if name in _TEMPLATE_METHODS:
        return name if _template_params(params) else None
    fields = params if isinstance(params, dict) else value
    if name == "login":
        # A wallet as user with a password or an agent string; a Grin or Beam node takes the same.
        if _text(fields, "login") and (_text(fields, "agent") or "rigid" in fields or _text(fields, "pass")):
            return "login"
        return (
            "login" if _text(value, "api_key") and value.get("jsonrpc") == "2.0" and "id" in value and not params else None
        )
    if name == "auth":
        return "auth" if _text(fields, "site_key") and "type" in fields else None
    if name == "job":
        return "job" if _job_fields(fields) else None
    if name == "submit":
        return (
            "submit" if _text(fields, "job_id") and ("nonce" in fields) and ("result" in fields or "pow" in fields) else None
        )
    if name == "solution":
        return "solution" if _text(value, "nonce") and _text(value, "output") else None
    return None


def _template_params(params: Any) -> bool:
    if params is None:
        return True
    if isinstance(params, dict):
        return not params or "algorithm" in params or "rules" in params
    return isinstance(params, list) and all(isinstance(item, dict) or _hex(item) for item in params)


def _job_fields(fields: dict[str, Any]) -> bool:
    if _hex(fields.get("blob")) >= 76 and _text(fields, "job_id"):
        return True
    if _text(fields, "pre_pow") and "job_id" in fields:
        return True
    return _hex(fields.get("input")) >= 32 and "difficulty" in fields


def _by_result(result: Any) -> str | None:
    if isinstance(result, dict):
        job = result.get("job")
        if isinstance(job, dict) and _job_fields(job):
            return "login.result"
        # getblocktemplate (BIP 22) and getwork over HTTP.
        if "previousblockhash" in result and "coinbasevalue" in result:
            return "getblocktemplate.result"
        if _hex(result.get("data")) == 256 and _hex(result.get("target")) == 64:
            return "getwork.result"
    if isinstance(result, list) and len(result) == 3 and isinstance(result[0], list) and _hex(result[1]):
        # The answer to mining.subscribe: [[["mining.notify", id], ...], extranonce1, extranonce2_size].
        names = [str(item) for item in result[0] if isinstance(item, str)]
        names += [str(item[0]) for item in result[0] if isinstance(item, list) and item]
        if any(name in _STRATUM_METHODS for name in names):
            return "mining.subscribe.result"
    return None


def _by_shape(params: Any) -> str | None:
    values = _leaves(params)
    if not 2 <= len(values) <= 24:
        return None
    lengths = [_hex(value) for value in values]
    names = any(isinstance(v, str) and 1 <= len(v) <= 48 for v in values)
    if names and sum(length >= 140 for length in lengths) == 1 and max(lengths) <= 1024:
        return "shape:job"
    if names and lengths.count(64) == 1 and any(length in (8, 16) for length in lengths) and max(lengths) == 64:
        return "shape:share"
    if isinstance(params, list):
        return _by_position(params)
    return None


def _by_position(params: list[Any]) -> str | None:
    """Stratum v1: a share is worker, job, extranonce2, time, nonce; a job ends in three short words and a flag."""
    sizes = [_hex(item) for item in params]
    if len(params) in (5, 6) and all(isinstance(item, str) for item in params):
        return "shape:share" if sizes[3:5] == [8, 8] and sizes[2] in (4, 8, 16) else None
    if len(params) == 9 and isinstance(params[4], list) and isinstance(params[8], bool):
        return "shape:job" if sizes[5:8] == [8, 8, 8] and sizes[1] == 64 else None
    return None


def _leaves(value: Any, depth: int = 0) -> list[Any]:
    """The plain values in ``value``, at most three containers deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return [value]
    if depth > 2:
        return []
    return [leaf for item in value[:32] for leaf in _leaves(item, depth + 1)]


def _hex(value: Any) -> int:
    """How many hex digits ``value`` is, 0 when it is anything else."""
    if not isinstance(value, str):
        return 0
    match = _HEX.match(value)
    return len(match[1]) if match else 0


def _text(fields: dict[str, Any], key: str) -> bool:
    value = fields.get(key)
    return isinstance(value, str) and bool(value)
