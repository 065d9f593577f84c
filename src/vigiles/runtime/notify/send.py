"""One try to give one notice to one receiver: an HTTP POST or a command. Bounded in time whatever the receiver does."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from vigiles.model.errors import InputInvalid
from vigiles.runtime.notify.settings import Command, Receiver, Webhook, secret_of
from vigiles.runtime.notify.signature import sign

#: Answers that say "not now" and nothing about the message.
_LATER = (408, 425, 429)
#: What a command gets of our environment; a secret that is in another variable does not reach it.
_ENVIRONMENT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")


class NotDelivered(Exception):
    """One line of why. ``refused``: the receiver answered, and did not want this message."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


def send(receiver: Receiver, id: str, body: bytes) -> None:
    """Return once the receiver has taken it. Raises :class:`NotDelivered`; no message of it holds a secret."""
    if isinstance(receiver, Webhook):
        _post(receiver, id, body)
    else:
        _run(receiver, body)


def _post(webhook: Webhook, id: str, body: bytes) -> None:
    """Any answer of the 200s takes it. No redirects are followed, and what the answer says is not read."""
    parts = urlsplit(webhook.url)
    assert parts.hostname is not None
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "vigiles",
        "Connection": "close",
        "X-Vigiles-Delivery": id,
        "X-Vigiles-Timestamp": str(timestamp),
    }
    try:
        secret = secret_of(webhook)
    except InputInvalid as error:
        raise NotDelivered(str(error)) from None
    if secret is not None:
        headers["X-Vigiles-Signature"] = sign(secret, timestamp, body)
    connection: http.client.HTTPConnection
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=webhook.ca_file)
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=webhook.timeout_s, context=context)
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=webhook.timeout_s)
    except OSError as error:
        raise NotDelivered(f"cannot use {webhook.ca_file}: {error.strerror or 'no certificates'}") from None
    # A receiver that sends a byte now and then would never meet a timeout that is for each read.
    cut = threading.Event()
    guard = threading.Timer(2.0 * webhook.timeout_s, _cut, (connection, cut))
    guard.daemon = True
    guard.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDelivered(f"no answer from {parts.hostname}: {_why(error)}") from None
    finally:
        guard.cancel()
        connection.close()
    if cut.is_set():
        raise NotDelivered(f"no answer from {parts.hostname}: it took too long")
    if not 200 <= status < 300:
        raise NotDelivered(f"the server answered {status}", refused=400 <= status < 500 and status not in _LATER)


def _cut(connection: http.client.HTTPConnection, cut: threading.Event) -> None:
    cut.set()
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    """Return words of ours or the system's: what a receiver wrote does not get into our files."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it took too long" if isinstance(error, TimeoutError) else type(error).__name__


def _run(command: Command, body: bytes) -> None:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        process = subprocess.Popen(
            command.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise NotDelivered(f"cannot run {command.argv[0]}: {error.strerror}") from None
    try:
        process.communicate(body, command.timeout_s)
    except subprocess.TimeoutExpired:
        raise NotDelivered(f"{command.argv[0]} took longer than {command.timeout_s} s") from None
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
    if process.returncode != 0:
        raise NotDelivered(f"{command.argv[0]} ended with {process.returncode}", refused=process.returncode > 0)
