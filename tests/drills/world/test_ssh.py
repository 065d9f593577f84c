"""Both SSH servers against a real client, in a world: a forward is granted to the key, and nothing else to anybody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vigiles.drills.world import ssh

SCRIPT = r"""
import asyncio, os, pwd, socket, sys, tempfile, pathlib
import asyncssh
from vigiles.drills.world import addresses, enter, keys, ssh
from vigiles.drills.world.journal import Journal, read

async def main(kind):
    place = pathlib.Path(tempfile.mkdtemp())
    place.chmod(0o755)
    made, journal = keys.make(place), Journal(place / "journal")
    server = ssh.choose(made, place, journal) if kind == "OpenSSH" else ssh.AsyncSsh(asyncssh, made, journal)
    assert isinstance(server, ssh.OpenSsh) is (kind == "OpenSSH")
    listener = socket.create_server((addresses.RELAY, 22)); listener.setblocking(False)
    async def accept():
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            tasks.append(asyncio.create_task(server.take(connection)))
    tasks = []
    tasks.append(asyncio.create_task(accept()))
    inside = await asyncio.start_server(lambda r, w: (w.write(b"hello"), w.close()), "127.0.0.1", 7000)
    options = dict(host=addresses.RELAY, username=server.user, known_hosts=None, config=None)
    async with asyncssh.connect(client_keys=[str(made.client_key)], **options) as link:
        await link.forward_remote_port("localhost", 9022, "127.0.0.1", 7000)
        reader, writer = await asyncio.open_connection("127.0.0.1", 9022)
        print("used", (await reader.read()).decode()); writer.close()
        for name, attempt in {
            "other port": lambda: link.forward_remote_port("localhost", 9999, "127.0.0.1", 7000),
            "local forward": lambda: link.open_connection("127.0.0.1", 7000),
        }.items():
            try:
                await attempt(); print(name, "granted")
            except (asyncssh.Error, asyncssh.ChannelListenError, OSError):
                print(name, "refused")
        try:
            done = await asyncio.wait_for(link.run("id"), 5)
            print("command", "refused" if "uid=" not in str(done.stdout) else "granted")
        except (asyncssh.Error, asyncssh.ChannelListenError, OSError):
            print("command refused")
    try:
        stranger = asyncssh.generate_private_key("ssh-ed25519")
        async with asyncssh.connect(client_keys=[stranger], agent_path=None, **options):
            print("stranger granted")
    except asyncssh.PermissionDenied:
        print("stranger refused")
    print("journal", {e.name for e in read(place / "journal")})
    server.close(); inside.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.cell
@pytest.mark.parametrize("kind", ["OpenSSH", "asyncssh"])
def test_a_forward_for_the_key_and_nothing_else(kind: str):
    pytest.importorskip("asyncssh")
    if kind == "OpenSSH" and ssh.find_sshd() is None:
        pytest.skip("no sshd on this machine")
    argv = [sys.executable, "-P", "-m", "vigiles.drills.world.enter", "--", sys.executable, "-c", SCRIPT, kind]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "used hello",
        "other port refused",
        "local forward refused",
        "command refused",
        "stranger refused",
        "journal {'ssh.connected'}",
    ]
