"""The world's SSH server: a real ``sshd`` per connection where OpenSSH is installed, else ``asyncssh``.

It grants remote port forwarding to the drill's key and nothing else: no shell, no command, no local forwarding.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Protocol

from vigiles.drills.world import addresses
from vigiles.drills.world.journal import Journal
from vigiles.drills.world.keys import Keys
from vigiles.kernel import privileges
from vigiles.model.errors import ControlUnavailable

_SSHD_PATHS = "/usr/sbin:/usr/local/sbin:/sbin:/usr/lib/ssh"
#: Accounts of every distribution that own nothing. Not ``nobody``: where systemd names it, it counts as locked for sshd.
_SYSTEM_ACCOUNTS = ("daemon", "games", "bin")
_CONFIG = """\
HostKey {host_key}
AuthorizedKeysFile {authorized}
PidFile none
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding remote
PermitListen {ports}
AllowAgentForwarding no
AllowStreamLocalForwarding no
X11Forwarding no
PermitTTY no
PrintMotd no
ForceCommand /bin/false
LoginGraceTime 15
LogLevel ERROR
"""


class SshServer(Protocol):
    """What takes over an accepted connection. ``user`` is the login name that is let in."""

    user: str

    async def take(self, connection: socket.socket) -> None:
        """Serve one connection to its end; the socket is closed afterwards."""

    def close(self) -> None:
        """End every connection."""


def find_sshd() -> str | None:
    """Return the path of the machine's sshd, if it has one."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:{_SSHD_PATHS}")


def login_name() -> str | None:
    """Return the account that sshd would run as: our own, or a system account when we are root; None if there is none."""
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        return next((name for name in _SYSTEM_ACCOUNTS if name in known), None)
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return None


def choose(keys: Keys, folder: Path, journal: Journal) -> SshServer:
    """Return the real server if this machine can run it, else asyncssh. Raises :class:`ControlUnavailable`."""
    sshd, user = find_sshd(), login_name()
    if sshd is not None and user is not None:
        return OpenSsh(sshd, user, keys, folder, journal)
    try:
        library = importlib.import_module("asyncssh")
    except ImportError as error:
        raise ControlUnavailable(
            "drill world", "no SSH server", "install OpenSSH, or the package's `drill` extra"
        ) from error
    return AsyncSsh(library, keys, journal)


class OpenSsh:
    """``sshd -i`` on the accepted socket itself, as an unprivileged user, one process group per connection."""

    def __init__(self, sshd: str, user: str, keys: Keys, folder: Path, journal: Journal) -> None:
        self.user, self._sshd, self._journal = user, sshd, journal
        self._config = folder / "sshd_config"
        ports = " ".join(str(port) for port in addresses.TUNNEL_PORTS)
        self._config.write_text(_CONFIG.format(host_key=keys.host_key, authorized=keys.authorized, ports=ports))
        self._account = pwd.getpwnam(user)
        if os.geteuid() == 0:
            os.chown(keys.host_key, self._account.pw_uid, self._account.pw_gid)
        self._running: set[subprocess.Popen[bytes]] = set()

    async def take(self, connection: socket.socket) -> None:
        """Run sshd on ``connection`` and wait for its end."""
        connection.setblocking(True)
        with connection:
            process = subprocess.Popen(
                [self._sshd, "-i", "-f", str(self._config), "-E", "/dev/null"],
                stdin=connection.fileno(),
                stdout=connection.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=self._drop,
            )
        self._journal.add("ssh.connected", self.user)
        self._running.add(process)
        try:
            while process.poll() is None:
                await asyncio.sleep(0.1)
        finally:
            self._end(process)

    def close(self) -> None:
        """Kill every running sshd."""
        for process in list(self._running):
            self._end(process)

    def _drop(self) -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(self._account.pw_gid)
            os.setuid(self._account.pw_uid)
        privileges.die_with_parent(signal.SIGKILL)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._running.discard(process)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class AsyncSsh:
    """The stand-in where no OpenSSH is installed."""

    user = "drill"

    def __init__(self, library: Any, keys: Keys, journal: Journal) -> None:
        self._library, self._keys, self._journal = library, keys, journal
        self._running: set[Any] = set()

    async def take(self, connection: socket.socket) -> None:
        """Serve one connection with asyncssh."""
        base: Any = self._library.SSHServer

        class Server(base):  # type: ignore[misc]  # the base is only known once asyncssh is imported
            def server_requested(self, listen_host: str, listen_port: int) -> bool:
                return listen_port in addresses.TUNNEL_PORTS

        try:
            session = await self._library.run_server(
                connection,
                server_factory=Server,
                server_host_keys=[str(self._keys.host_key)],
                authorized_client_keys=str(self._keys.authorized),
                allow_pty=False,
                login_timeout=15,
            )
        except (OSError, self._library.Error):
            connection.close()
            return
        self._journal.add("ssh.connected", self.user)
        self._running.add(session)
        try:
            await session.wait_closed()
        finally:
            self._running.discard(session)

    def close(self) -> None:
        """Abort every connection."""
        for session in list(self._running):
            session.abort()
