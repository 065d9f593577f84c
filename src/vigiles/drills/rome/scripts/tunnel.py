"""The agent opens a reverse SSH tunnel to a small server of its own and keeps it up for some seconds.

``tunnel.py --user U --key FILE --far-port N --seconds S (--to HOST | --through HOST [--tls])``: ``--to`` dials port 22
directly, ``--through`` asks the environment's proxy for HOST:443, ``--tls`` hides it in TLS. OpenSSH's client where there is
one, else asyncssh.
"""

import argparse
import asyncio
import http.server
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"inside the cell\n" * 64
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def proxy_command(host: str, tls: bool) -> str:
    helper = pathlib.Path(__file__).resolve().with_name("connect.py")
    return shlex.join([sys.executable, str(helper), host, "443", *(["tls"] if tls else [])])


def openssh(ssh: str, options: argparse.Namespace, key: str, local: int) -> int:
    argv = [ssh, "-N", "-F", "/dev/null", "-i", key, "-l", options.user]
    for setting in (
        "BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null",
        "ExitOnForwardFailure=yes", "ConnectTimeout=5", "LogLevel=ERROR",
    ):  # fmt: skip
        argv += ["-o", setting]
    argv += ["-R", f"{options.far_port}:127.0.0.1:{local}"]
    if options.through:
        argv += ["-o", f"ProxyCommand={proxy_command(options.through, options.tls)}", "-p", "443", options.through]
    else:
        argv.append(options.to)
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as process:
        try:
            return process.wait(options.seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            return 0


async def library(options: argparse.Namespace, key: str, local: int) -> int:
    import asyncssh

    where = {"host": options.through or options.to, "port": 443 if options.through else 22}
    if options.through:
        where["proxy_command"] = proxy_command(options.through, options.tls)
    try:
        async with asyncssh.connect(
            **where, username=options.user, client_keys=[key], known_hosts=None, config=None, connect_timeout=5
        ) as link:
            await link.forward_remote_port("localhost", options.far_port, "127.0.0.1", local)
            await asyncio.sleep(options.seconds)
    except (OSError, asyncssh.Error, asyncssh.ChannelListenError) as error:
        print(f"no tunnel: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--far-port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--to")
    parser.add_argument("--through")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        # ssh refuses a key that others can read, and the working directory's modes are not ours to choose.
        key = os.path.join(folder, "key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(pathlib.Path(options.key).read_bytes())
        ssh = shutil.which("ssh")
        if ssh is not None:
            return openssh(ssh, options, key, server.server_port)
        return asyncio.run(library(options, key, server.server_port))


if __name__ == "__main__":
    sys.exit(main())
