"""One try to give one notice to one receiver: an HTTP POST or a command. Bounded in time whatever the receiver does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.posting import post
from vigiles.model.errors import InputInvalid
from vigiles.runtime.notify.settings import Command, Receiver, Webhook, secret_of
from vigiles.runtime.notify.signature import sign

#: Answers that say "not now" and nothing about the message.
_LATER = (408, 425, 429)
#: What a command gets of our environment; a secret that is in another variable does not reach it.
_ENVIRONMENT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")


def send(receiver: Receiver, id: str, body: bytes) -> None:
    """Return once the receiver has taken it. Raises :class:`NotDelivered`; no message of it holds a secret."""
    if isinstance(receiver, Webhook):
        _post(receiver, id, body)
    else:
        _run(receiver, body)


def _post(webhook: Webhook, id: str, body: bytes) -> None:
    """Any answer of the 200s takes it. No redirects are followed, and what the answer says is not looked at."""
    timestamp = int(time.time())
    headers = {"Content-Type": "application/json", "X-Vigiles-Delivery": id, "X-Vigiles-Timestamp": str(timestamp)}
    try:
        secret = secret_of(webhook)
    except InputInvalid as error:
        raise NotDelivered(str(error)) from None
    if secret is not None:
        headers["X-Vigiles-Signature"] = sign(secret, timestamp, body)
    status = post(webhook.url, body, headers, webhook.timeout_s, webhook.ca_file).status
    if not 200 <= status < 300:
        raise NotDelivered(f"the server answered {status}", refused=400 <= status < 500 and status not in _LATER)


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
