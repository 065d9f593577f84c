"""Honest work, as data: what a coding agent does all day. Each job is one episode; each of its calls must succeed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """One call; ``{python}`` and ``{work}`` in its words are filled in. ``says``: text that its output must hold.

    ``background``: it is started and goes on while the next calls run.
    """

    argv: list[str]
    says: str = ""
    env: dict[str, str] = field(default_factory=dict)
    background: bool = False


@dataclass(frozen=True)
class Job:
    """``needs``: commands; ``files``: what lies in the work directory; ``makes``: what must lie there when it is over."""

    calls: list[Call]
    needs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    makes: tuple[str, ...] = ()


def sh(script: str, says: str = "", **more: str) -> Call:
    return Call(["sh", "-ec", script], says, dict(more))


def py(script: str, says: str = "", *, background: bool = False) -> Call:
    return Call(["{python}", "-c", script], says, background=background)


_GIT = {"GIT_CONFIG_SYSTEM": "/dev/null"}
_PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}

_GREETING_C = '#include <stdio.h>\n#include "greeting.h"\nint main(void) { puts(GREETING); return 0; }\n'
_MAKEFILE = """CFLAGS = -O2 -Wall -Werror
greeting: greeting.o
\tcc -o $@ $^
greeting.o: greeting.c greeting.h
"""

_POOL = """
import multiprocessing, os, sys

def square(number):
    return number * number, os.getpid()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    queue = context.Queue()
    process = context.Process(target=queue.put, args=("from a child",))
    process.start()
    word = queue.get(timeout=30)
    process.join()
    with context.Pool(3) as pool:
        found = pool.map(square, range(20))
    with context.Manager() as manager:
        shared = manager.dict(a=1)
        total = sum(number for number, _ in found) + shared["a"]
    print(word, total, os.getpid() not in {pid for _, pid in found})
"""

_SERVER = """
import functools, http.server
http.server.test(functools.partial(http.server.SimpleHTTPRequestHandler), port=8123, bind="127.0.0.1")
"""
_FETCH = """
import time, urllib.request
for attempt in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8123/page.txt", timeout=5).read().decode())
        break
    except OSError:
        time.sleep(0.1)
"""
_THREADS = """
import concurrent.futures, sqlite3, tempfile, threading
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    total = sum(pool.map(lambda n: n * n, range(100)))
with sqlite3.connect("data.db") as db:
    db.execute("create table t (n)")
    db.executemany("insert into t values (?)", [(n,) for n in range(100)])
    print(total, db.execute("select sum(n) from t").fetchone()[0], threading.active_count())
"""
_ASYNC = """
import asyncio
async def main():
    async def handle(reader, writer):
        writer.write((await reader.readline()).upper())
        writer.close()
    server = await asyncio.start_unix_server(handle, "/tmp/job.sock")
    reader, writer = await asyncio.open_unix_connection("/tmp/job.sock")
    writer.write(b"over a unix socket\\n")
    print((await reader.readline()).decode())
    writer.close()
    server.close()
    process = await asyncio.create_subprocess_exec("echo", "from a subprocess", stdout=-1)
    print((await process.communicate())[0].decode())
asyncio.run(main())
"""

JOBS: dict[str, Job] = {
    "git clone, config, commit, branch": Job(
        needs=("git",),
        calls=[
            sh("git clone http://mirror.example/repository.git project", **_GIT),
            sh(
                "cd project && git config user.name Agent && git config user.email agent@example.com && "
                "git checkout -b feature && echo more >> README && git add -A && git commit -m 'Say more' && "
                "git branch --list && git log --oneline | wc -l",
                "feature",
                **_GIT,
            ),
            sh("cd project && git checkout main && git merge feature && git stash list && git status --short && "
               "git tag v1 && git gc -q && git fsck && git log -1 --format=%s", "Say more", **_GIT),
        ],
        makes=("project/.git/HEAD", "project/README"),
    ),
    "git clone over HTTPS, and of a local folder": Job(
        needs=("git",),
        calls=[
            sh("git clone https://mirror.example/repository.git project", **_GIT),
            sh("git clone project second && cat second/README && git worktree --help >/dev/null 2>&1 || true; "
               "cd project && git worktree add ../third -b third && cat ../third/README", "a small project", **_GIT),
        ],
        makes=("project/README", "second/README", "third/README"),
    ),
    "pip install from the mirror": Job(
        modules=("pip",),
        calls=[
            Call(["{python}", "-m", "pip", "install", "--target", "packages",
                  "--index-url", "https://mirror.example/simple", "tally-words"], "Successfully installed", _PIP),
            Call(["{python}", "-m", "pip", "install", "--target", "packages", "--trusted-host", "mirror.example",
                  "--index-url", "http://mirror.example/simple", "tally-format"], "Successfully installed", _PIP),
            Call(["{python}", "-c", "import tally_words, tally_format; print(tally_words.words('a-b c'))"],
                 "['a', 'b', 'c']", {"PYTHONPATH": "packages"}),
        ],
        makes=("packages/tally_words.py", "packages/tally_format.py"),
    ),
    "python venv": Job(
        calls=[
            Call(["{python}", "-m", "venv", "--without-pip", "env"]),
            Call(["env/bin/python", "-c", "import sys; print(sys.prefix)"], "/env"),
        ],
        makes=("env/pyvenv.cfg",),
    ),
    "pytest": Job(
        modules=("pytest",),
        files={
            "sums.py": "def add(a, b):\n    return a - b\n",
            "test_sums.py": "import sums\n\ndef test_add(tmp_path):\n    (tmp_path / 'x').write_text('x')\n"
                            "    assert sums.add(2, 2) == 4\n",
        },
        calls=[
            sh("{python} -B -m pytest -q || true", "1 failed"),
            sh("sed -i 's/a - b/a + b/' sums.py && {python} -B -m pytest -q", "1 passed"),
        ],
        makes=("sums.py",),
    ),
    "gcc and make": Job(
        needs=("gcc", "make", "cc"),
        files={"greeting.c": _GREETING_C, "greeting.h": '#define GREETING "well made"\n', "Makefile": _MAKEFILE},
        calls=[sh("make -j2 && ./greeting", "well made"), sh("make clean || true; touch greeting.h; make && ./greeting")],
        makes=("greeting",),
    ),
    "node": Job(
        needs=("node",),
        files={"work.js": "module.exports = require('os').networkInterfaces();"},
        calls=[
            Call(["node", "-e", "console.log(JSON.stringify(require('./work.js')))"], '"lo"'),
            Call(["node", "-e", "const c = require('child_process'); const w = require('worker_threads');"
                  "if (w.isMainThread) { new w.Worker(__filename === '[eval]' ? 'console.log(2+3)' : '', {eval: true});"
                  "console.log(c.execSync('echo from a child').toString()) }"], "from a child"),
            Call(["node", "-e", "const h = require('http'); const s = h.createServer((q, r) => r.end('served'));"
                  "s.listen(0, '127.0.0.1', () => h.get({host: '127.0.0.1', port: s.address().port, agent: false},"
                  "r => r.on('data', d => console.log(String(d))).on('end', () => s.close())))"], "served"),
        ],
    ),
    "multiprocessing, forkserver": Job(
        files={"pool.py": _POOL}, calls=[Call(["{python}", "pool.py", "forkserver"], "from a child 2471 True")]
    ),
    "multiprocessing, spawn": Job(
        files={"pool.py": _POOL}, calls=[Call(["{python}", "pool.py", "spawn"], "from a child 2471 True")]
    ),
    "multiprocessing, fork": Job(
        files={"pool.py": _POOL}, calls=[Call(["{python}", "pool.py", "fork"], "from a child 2471 True")]
    ),
    "a background server used by a later call": Job(
        files={"page.txt": "served by an earlier call"},
        calls=[
            Call(["{python}", "-c", _SERVER], background=True),
            py(_FETCH, "served by an earlier call"),
            py(_FETCH, "served by an earlier call"),
        ],
    ),
    "a server left behind by a shell": Job(
        files={"page.txt": "left behind", "serve.py": _SERVER},
        calls=[sh("nohup {python} serve.py >server.log 2>&1 & echo started", "started"), py(_FETCH, "left behind")],
    ),
    "curl of the allowed host": Job(
        needs=("curl",),
        calls=[
            sh("curl -fsS http://mirror.example/page.txt", "the page of the allowed host"),
            sh("curl -fsS https://mirror.example/page.txt", "the page of the allowed host"),
            sh("curl -fsS --http2 -o page https://mirror.example/page.txt && cat page", "the page of"),
            sh("curl -fsS http://mirror.example/page.txt http://mirror.example/page.txt", "the page of the allowed host"),
        ],
    ),
    "curl without the proxy": Job(
        needs=("curl",),
        calls=[
            sh("curl -fsS --noproxy '*' http://mirror.example/page.txt", "the page of the allowed host"),
            sh("curl -fsS --noproxy '*' https://mirror.example/page.txt", "the page of the allowed host"),
            sh("curl -fsS --noproxy '*' --resolve mirror.example:80:203.0.113.30 http://mirror.example/page.txt",
               "the page of the allowed host"),
            sh("curl -fsS --noproxy '*' --resolve mirror.example:443:203.0.113.30 "
               "https://mirror.example/page.txt", "the page of the allowed host"),
        ],
    ),
    "python's own clients of the allowed host": Job(
        calls=[
            py("import urllib.request as u; print(u.urlopen('http://mirror.example/page.txt').read())", "the page of"),
            py("import urllib.request as u; print(u.urlopen('https://mirror.example/page.txt').read())", "the page of"),
        ],
    ),
    "threads and a database": Job(calls=[py(_THREADS, "328350 4950 1")], makes=("data.db",)),
    "asyncio over a Unix socket": Job(calls=[py(_ASYNC, "OVER A UNIX SOCKET")]),
    "shell work": Job(
        calls=[
            sh("mkdir -p a/b && seq 1000 | sort -rn | head -3 > a/b/c && cat a/b/c", "1000"),
            sh("find . -type f | xargs grep -l 999 && mv a d && ln -s d/b/c link && cat link && tar czf d.tgz d && rm -r d "
               "&& tar xzf d.tgz && ls d/b && df . >/dev/null && ps aux | wc -l", "c"),
            Call(["bash", "-c", "exec 3<>/dev/null; cat <(echo substituted); echo $((6 * 7)); trap 'echo bye' EXIT"], "bye"),
        ],
        makes=("d/b/c", "d.tgz"),
    ),
}  # fmt: skip


def filled(text: str, *, work: str) -> str:
    """Put the facts of this machine in."""
    return text.replace("{python}", sys.executable).replace("{work}", work)
