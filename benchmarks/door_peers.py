"""Other proxies beside the door: mitmproxy, and the proxy of Anthropic's sandbox runtime. Both are installed for one run.

Neither is a dependency: mitmproxy comes from the Python package index into a virtual environment that is thrown away, the
sandbox runtime from npm into a folder that is. A peer that cannot be had is left out, by its name and the reason.
"""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_INSTALL_S = 300
_START_S = 60
_SRT = "@anthropic-ai/sandbox-runtime"
#: Its proxy alone, as its sandbox starts it: without the bridge into a network namespace that a sandboxed program adds.
_SRT_PROXY = """
import {{createHttpProxyServer}} from '{module}';
const server = createHttpProxyServer({{filter: (port, host) => host === '127.0.0.1'}});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


class Missing(Exception):
    """A peer cannot be had; the text says why."""


def _run(*words: str | Path) -> None:
    try:
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{Path(words[0]).name}: {type(error).__name__}") from None
    if done.returncode:
        raise Missing(f"{Path(words[0]).name} {words[1]} failed: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}")


def _need(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


@contextlib.contextmanager
def _ending(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def mitmproxy(folder: Path, *options: str) -> Iterator[int]:
    """Yield the port of a mitmdump. Raises :class:`Missing`."""
    home = folder / "mitmproxy"
    if not (home / "bin").exists():
        uv = _need("uv")
        _run(uv, "venv", "--quiet", home)
        _run(uv, "pip", "install", "--quiet", "--python", home / "bin" / "python", "mitmproxy")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    words = [home / "bin" / "mitmdump", "--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(port)]
    # Large bodies are passed on as they come, as the door does, not collected.
    words += ["--set", "stream_large_bodies=64k", "--set", f"confdir={folder / 'mitm'}", "--ssl-insecure", *options]
    process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with _ending(process):
        _until(lambda: _listens(port), process, "mitmdump")
        yield port


def mitmproxy_authority(folder: Path) -> str:
    """Return the certificate (PEM) that a mitmdump of ``folder`` signs with, once it ran."""
    return (folder / "mitm" / "mitmproxy-ca-cert.pem").read_text("ascii")


@contextlib.contextmanager
def sandbox_runtime(folder: Path) -> Iterator[int]:
    """Yield the port of the sandbox runtime's HTTP proxy. Raises :class:`Missing`."""
    npm, node = _need("npm"), _need("node")
    home = folder / "srt"
    _run(npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", home, _SRT)
    module = home / "node_modules" / _SRT / "dist" / "sandbox" / "http-proxy.js"
    if not module.exists():
        raise Missing("its proxy is not where it was")
    script = folder / "srt.mjs"
    script.write_text(_SRT_PROXY.format(module=module), "utf-8")
    process = subprocess.Popen([node, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with _ending(process):
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _START_S)
        line = process.stdout.readline().strip() if ready else ""
        if not line.isdigit():
            raise Missing("its proxy does not start")
        yield int(line)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _until(true: Callable[[], bool], process: subprocess.Popen[str], name: str) -> None:
    deadline = time.monotonic() + _START_S
    while not true():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Missing(f"{name} does not start")
        time.sleep(0.05)
