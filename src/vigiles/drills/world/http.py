"""Just enough HTTP/1.1 for the world's servers: read a request, answer it, keep the connection for the next (RFC 9112)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

_MAX_HEAD = 16_384
_MAX_BODY = 1 << 20
_IDLE_SECONDS = 20.0
_WORDS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One response."""

    status: int = 200
    fields: dict[str, str] = {}
    kind: str = "text/plain; charset=utf-8"
    body: bytes = b""


Handler = Callable[[Request], Answer]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    """Answer requests on one connection until the client leaves, errs or idles for 20 s."""
    try:
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                request = await _read(reader)
            if request is None:
                return
            writer.write(_bytes(handler(request), request.method == "HEAD"))
            await writer.drain()
            if request.headers.get("connection", "").lower() == "close":
                return
    except ValueError:
        writer.write(_bytes(Answer(status=400, body=b"bad request\n"), False))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    if len(head) > _MAX_HEAD:
        raise ValueError("head too long")
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    if target.startswith("http://"):  # servers take the absolute form too (RFC 9112 section 3.2.2)
        target = "/" + target.removeprefix("http://").partition("/")[2]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _MAX_BODY:
        raise ValueError("body too long")
    return Request(method=method, target=target, headers=headers, body=await reader.readexactly(length))


def _bytes(answer: Answer, head_only: bool) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in answer.fields.items())
    head = (
        f"HTTP/1.1 {answer.status} {_WORDS.get(answer.status, 'Status')}\r\n{more}"
        f"Content-Type: {answer.kind}\r\nContent-Length: {len(answer.body)}\r\n\r\n"
    )
    return head.encode() + (b"" if head_only else answer.body)
