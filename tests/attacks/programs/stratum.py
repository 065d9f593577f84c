"""A miner's first words to a pool. ``route=direct`` to ``pool`` (host:port); ``route=connect`` through the proxy's CONNECT
to ``connect`` (host:port). Succeeds if the pool answers the subscription. Nothing is ever computed.
"""

import json
import socket

import connect_pipe
import say
import twins


def attack(given):
    if given.get("route") == "connect":
        sock, status = connect_pipe.through_proxy(given["connect"])
        if " 200" not in status:
            return False, status
    else:
        host, port = given["pool"].rsplit(":", 1)
        sock = socket.create_connection((host, int(port)), timeout=3)
    with sock:
        asked = {"id": 1, "method": "mining.subscribe", "params": ["harmless/0"]}
        answer = say.exchange(sock, json.dumps(asked).encode() + b"\n")
    try:
        subscribed = json.loads(answer.split(b"\n")[0])["id"] == 1
    except (ValueError, KeyError, TypeError):
        subscribed = False
    return subscribed, f"{answer[:80]!r}"


def twin(given):
    """JSON over a socket is honest work too: a server and a client of one's own."""
    own = twins.loopback()
    fetched = twins.fetch_allowed(given)
    return own[0] and fetched[0], f"{own[1]}, {fetched[1]}"


say.main("stratum", attack, twin)
