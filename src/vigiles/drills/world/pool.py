"""A mining pool that really speaks Stratum V1 and really checks shares, for a coin that does not exist.

The target is so easy that a plain Python loop finds a share in well under a second. Shares are checked as a pool does:
coinbase, merkle root, header, double SHA-256, compare. Source: the public Stratum V1 documentation (BIP 310 era).
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import struct
import time
from typing import Any

from vigiles.drills.world.journal import Journal

#: One hash in 2**16 is a share; difficulty 1 is one in 2**32.
SHARE_BITS = 16
DIFFICULTY = 2.0 ** (SHARE_BITS - 32)
TARGET = 0xFFFF << (208 + 32 - SHARE_BITS)
_JOB_SECONDS = 1.5
_MAX_LINE = 4096
_EXTRANONCE2_SIZE = 4


def double_sha(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class Job:
    """One unit of work: everything but the miner's extranonce2, time and nonce."""

    def __init__(self, number: int) -> None:
        self.id = f"{number:x}"
        self.previous = double_sha(b"vigiles drill coin %d" % number).hex()
        self.coinbase1 = "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff20"
        self.coinbase2 = "ffffffff0100f2052a010000001976a914" + "00" * 20 + "88ac00000000"
        self.branch = [double_sha(b"transaction %d" % number).hex()]
        self.version, self.bits, self.time = "20000000", "1d00ffff", f"{int(time.time()):08x}"

    def notify(self, clean: bool) -> dict[str, Any]:
        """Return the ``mining.notify`` message."""
        fields = [self.id, self.previous, self.coinbase1, self.coinbase2, self.branch, self.version, self.bits, self.time]
        return {"id": None, "method": "mining.notify", "params": [*fields, clean]}

    def is_share(self, extranonce1: str, extranonce2: str, when: str, nonce: str) -> bool:
        """Return whether the miner's answer meets the target. Raises ValueError on text that is not hex."""
        coinbase = bytes.fromhex(self.coinbase1 + extranonce1 + extranonce2 + self.coinbase2)
        root = double_sha(coinbase)
        for step in self.branch:
            root = double_sha(root + bytes.fromhex(step))
        header = struct.pack("<I", int(self.version, 16)) + bytes.fromhex(self.previous) + root
        header += struct.pack("<III", int(when, 16), int(self.bits, 16), int(nonce, 16))
        return int.from_bytes(double_sha(header), "little") <= TARGET


class Pool:
    """Sessions share the job counter; each has its own extranonce, so no two miners do the same work."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._sessions = itertools.count(1)
        self._jobs = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one miner until it leaves."""
        session = _Session(self._journal, writer, f"{next(self._sessions):08x}", self._jobs)
        pusher = asyncio.create_task(session.push())
        try:
            while (line := await reader.readline()) and len(line) <= _MAX_LINE:
                session.answer(line)
                await writer.drain()
        except (OSError, ValueError, asyncio.LimitOverrunError):
            return
        finally:
            pusher.cancel()
            writer.close()


class _Session:
    def __init__(self, journal: Journal, writer: asyncio.StreamWriter, extranonce1: str, jobs: itertools.count[int]) -> None:
        self._journal, self._writer, self._extranonce1, self._numbers = journal, writer, extranonce1, jobs
        self._jobs: dict[str, Job] = {}
        self._worker = "-"
        self._seen: set[tuple[str, str, str, str]] = set()

    async def push(self) -> None:
        while True:
            await asyncio.sleep(_JOB_SECONDS)
            if self._jobs:
                self._send(self._job().notify(True))

    def answer(self, line: bytes) -> None:
        message = json.loads(line)
        if not isinstance(message, dict) or not isinstance(message.get("params"), list):
            raise ValueError("not a Stratum request")
        method, params, number = message.get("method"), message["params"], message.get("id")
        if method == "mining.subscribe":
            names = [["mining.set_difficulty", self._extranonce1], ["mining.notify", self._extranonce1]]
            self._reply(number, [names, self._extranonce1, _EXTRANONCE2_SIZE])
        elif method == "mining.authorize":
            self._worker = str(params[0])
            self._journal.add("pool.authorized", self._worker)
            self._reply(number, True)
            self._send({"id": None, "method": "mining.set_difficulty", "params": [DIFFICULTY]})
            self._send(self._job().notify(True))
        elif method == "mining.submit":
            self._submit(number, [str(value) for value in params])
        else:
            self._reply(number, None, [20, "unknown method", None])

    def _submit(self, number: Any, params: list[str]) -> None:
        if len(params) != 5 or params[1] not in self._jobs:
            return self._reply(number, None, [21, "job not found", None])
        _, job, extranonce2, when, nonce = params
        share = (job, extranonce2, when, nonce)
        if share in self._seen:
            return self._reply(number, None, [22, "duplicate share", None])
        self._seen.add(share)
        if not self._jobs[job].is_share(self._extranonce1, extranonce2, when, nonce):
            return self._reply(number, None, [23, "low difficulty share", None])
        self._journal.add("pool.share", self._worker)
        return self._reply(number, True)

    def _job(self) -> Job:
        job = Job(next(self._numbers))
        self._jobs[job.id] = job
        if len(self._jobs) > 8:
            del self._jobs[next(iter(self._jobs))]
        return job

    def _reply(self, number: Any, result: Any, error: list[Any] | None = None) -> None:
        self._send({"id": number, "result": result, "error": error})

    def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")
