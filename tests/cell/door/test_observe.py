"""Observe mode: nothing is refused, everything is seen."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import socket
import time
from typing import Any

import asyncssh

from vigiles.model.observation.flow import Flow


def test_a_server_that_speaks_first(start_door: Any, outside: Any, read_all: Any) -> None:
    def banner(sock: socket.socket, server: Any) -> None:
        sock.sendall(b"SSH-2.0-dropbear_2022.83\r\n")
        server.hear(sock)
        sock.sendall(b"bye")

    server = outside(banner)
    door = start_door(mode="observe")
    with door.tunnel("127.0.0.1", server.port, call=4) as sock:
        assert sock.recv(100) == b"SSH-2.0-dropbear_2022.83\r\n"
        flow = door.wait_flow(lambda f: f.phase == "open", 2)
        assert (flow.protocol, flow.bytes_out, flow.reason) == ("ssh", 0, "allowed_observe")
        sock.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        assert read_all(sock) == b"bye"
    closed = door.wait_flow(lambda f: f.phase == "close")
    assert closed.marks == ["ssh.server=SSH-2.0-dropbear_2022.83", "ssh.client=SSH-2.0-OpenSSH_9.2p1"]
    assert (closed.bytes_out, closed.bytes_in) == (23, 29)
    assert bytes.fromhex(closed.first_out) == b"SSH-2.0-OpenSSH_9.2p1\r\n"
    assert [(chunk.direction, chunk.size) for chunk in closed.chunks] == [("i", 26), ("o", 23), ("i", 3)]


def test_a_mark_is_told_at_once(start_door: Any, outside: Any) -> None:
    server = outside()
    door = start_door(mode="observe", update_ms=60_000)
    with door.tunnel("127.0.0.1", server.port) as sock:
        sock.sendall(b"\x00\x01 something binary first")
        assert door.wait_flow(lambda f: f.phase == "open").protocol == "other"
        began = time.monotonic()
        sock.sendall(json.dumps({"id": 1, "method": "mining.subscribe", "params": ["m/1"]}).encode() + b"\n")
        flow = door.wait_flow(lambda f: f.phase == "update")
        assert time.monotonic() - began < 0.5
        assert (flow.protocol, flow.marks) == ("stratum", ["stratum.method=mining.subscribe"])


def test_updates_come_while_bytes_move_and_not_otherwise(start_door: Any, outside: Any) -> None:
    server = outside()
    door = start_door(mode="observe", update_ms=300)
    with door.tunnel("127.0.0.1", server.port) as sock:
        for _ in range(30):
            sock.sendall(b"x" * 100)
            time.sleep(0.04)
        time.sleep(1)
        updates = door.flows("update")
    assert 2 <= len(updates) <= 6
    assert updates[-1].bytes_out == 3000


def test_a_flow_in_which_nobody_speaks(start_door: Any, outside: Any) -> None:
    server = outside()
    door = start_door(mode="observe")
    with door.tunnel("127.0.0.1", server.port):
        assert door.wait_flow(lambda f: f.phase == "open", 3).protocol == "silent"


def test_mining_in_a_websocket_through_the_proxy(start_door: Any, outside: Any) -> None:
    job = {"job_id": "a1", "blob": "0e" * 76, "target": "b88d0600"}

    def pool(sock: socket.socket, server: Any) -> None:
        head = server.hear(sock)
        key = head.lower().split(b"sec-websocket-key: ")[1].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        server.hear(sock)
        text = json.dumps({"type": "job", "params": job}).encode()
        sock.sendall(bytes([0x81, 126]) + len(text).to_bytes(2, "big") + text)
        server.hear(sock)

    server = outside(pool)
    door = start_door(mode="observe")
    base = f"127.0.0.1:{server.port}"
    with door.connect(door.proxy) as sock:
        sock.sendall(
            f"GET http://{base}/ HTTP/1.1\r\nHost: {base}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b"101" in sock.recv(1000)
        text = json.dumps({"type": "auth", "params": {"site_key": "k", "type": "anonymous", "user": None}}).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
        sock.sendall(bytes([0x81, 0x80 | len(text)]) + mask + masked)
        sock.recv(1000)
        flow = door.wait_flow(lambda f: "stratum.method=job" in f.marks)
    assert "stratum.method=auth" in flow.marks
    assert (flow.protocol, flow.via) == ("http", "proxy")


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


async def _ssh_through(door: Any) -> Flow:
    """A real SSH session in which a port is forwarded back, through CONNECT."""
    key = asyncssh.generate_private_key("ssh-ed25519")

    class Forwarding(_Server):
        def server_requested(self, listen_host: str, listen_port: int) -> bool:
            return True

    server = await asyncssh.create_server(Forwarding, "127.0.0.1", 0, server_host_keys=[key])
    sock = await asyncio.to_thread(door.tunnel, "127.0.0.1", server.get_port())
    sock.setblocking(False)
    async with asyncssh.connect(
        sock=sock, known_hosts=None, username="u", config=None, client_keys=None, agent_path=None
    ) as connection:
        await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 9)
        flow = await asyncio.to_thread(door.wait_flow, lambda f: f.phase == "update" and "ssh.first" in "".join(f.marks), 15)
    server.close()
    await server.wait_closed()
    assert isinstance(flow, Flow)
    return flow


def test_a_real_ssh_session(start_door: Any) -> None:
    door = start_door(mode="observe")
    asyncio.run(_ssh_through(door))
    flow = door.wait_flow(lambda f: f.phase == "close")
    marks = dict(mark.split("=", 1) for mark in flow.marks)
    assert marks["ssh.client"].startswith("SSH-2.0-AsyncSSH")
    assert marks["ssh.server"].startswith("SSH-2.0-AsyncSSH")
    sizes = marks["ssh.first"].split(",")
    assert len(sizes) > 4
    assert {size[0] for size in sizes} == {"o", "i"}
    assert flow.protocol == "ssh"
