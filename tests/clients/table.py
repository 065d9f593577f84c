"""Real clients, as data: how each fetches something over https, and by which ways it can.

``plain``: without proxy variables; ``proxy``: with those that every cell has; ``socks``: told of the SOCKS port. Words may
hold ``{host}`` (the allowed host or the blocked one), ``{work}``, ``{ca}``, ``{python}``, ``{key}`` (of this one question).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Way = Literal["plain", "proxy", "socks"]
SOCKS = "socks5h://127.0.0.1:3130"


@dataclass(frozen=True)
class Client:
    """``says``: text in what it prints when it has what it came for. ``trusts``: the variable by which it is told of a CA's
    file, where it is not the system's. ``more``: words that one way adds, in the place of ``...`` or at the end. ``heavy``:
    it takes a second or more to start. No client tries again by itself: what is measured is how soon it hears no.
    """

    argv: tuple[str, ...]
    says: str
    ways: tuple[Way, ...]
    needs: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    trusts: dict[str, str] = field(default_factory=dict)
    more: dict[Way, tuple[str, ...]] = field(default_factory=dict)
    scheme: str = "https"
    heavy: bool = False


_PYTHON = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).read().decode())"
_NODE = "fetch(process.argv[1]).then(r => r.text()).then(console.log, e => { console.error(e.cause ?? e); process.exit(1) })"
_TRUST_STORE = "-Djavax.net.ssl.trustStore"
_APT = (
    "mkdir -p {work}/apt-{key}/lists/partial {work}/apt-{key}/cache/archives/partial && cd {work}/apt-{key} && "
    "echo 'deb [trusted=yes] https://{host}/apt ./' > sources.list && "
    "apt-get -q -o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$PWD/lists "
    "-o Dir::Cache=$PWD/cache -o Dir::State::status=/dev/null -o Acquire::Retries=0 -o APT::Update::Error-Mode=any "
    "$APT_CA update && apt-cache -o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=- "
    "-o Dir::State::lists=$PWD/lists -o Dir::Cache=$PWD/cache -o Dir::State::status=/dev/null show small-thing"
)

CLIENTS: dict[str, Client] = {
    "curl": Client(
        ("curl", "-fsS", "https://{host}/page.txt"), "the page of the allowed host", ("plain", "proxy", "socks"), ("curl",),
        trusts={"CURL_CA_BUNDLE": "{ca}"}, more={"socks": ("--proxy", SOCKS)},
    ),
    "curl, over IPv6": Client(
        ("curl", "-6", "-fsS", "https://{host}/page.txt"), "the page of the allowed host", ("plain",), ("curl",),
        trusts={"CURL_CA_BUNDLE": "{ca}"},
    ),
    "curl, resolving by itself for SOCKS": Client(
        ("curl", "-fsS", "https://{host}/page.txt"), "the page of the allowed host", ("socks",), ("curl",),
        trusts={"CURL_CA_BUNDLE": "{ca}"}, more={"socks": ("--proxy", "socks5://127.0.0.1:3130")},
    ),
    "git": Client(
        ("git", "...", "ls-remote", "https://{host}/repository.git"), "refs/heads/main", ("plain", "proxy", "socks"),
        ("git",), trusts={"GIT_SSL_CAINFO": "{ca}"}, more={"socks": ("-c", f"http.proxy={SOCKS}")},
        env={"GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0"},
    ),
    "python": Client(
        ("{python}", "-c", _PYTHON, "https://{host}/page.txt"), "the page of the allowed host", ("plain", "proxy"), (),
        trusts={"SSL_CERT_FILE": "{ca}"},
    ),
    "pip": Client(
        ("{python}", "-m", "pip", "download", "-q", "--no-deps", "-d", "{work}/wheels-{key}", "-i", "https://{host}/simple",
         "tally-words", "--retries", "0", "-v"),
        "tally_words", ("plain", "proxy"), (), env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"},
        trusts={"PIP_CERT": "{ca}"}, heavy=True,
    ),
    "npm": Client(
        ("npm", "view", "small-thing", "dist.tarball", "--registry", "https://{host}/npm/", "--fetch-retries", "0"),
        "small-thing-1.0.0.tgz", ("plain", "proxy"), ("npm",), env={"npm_config_update_notifier": "false"},
        trusts={"npm_config_cafile": "{ca}"}, heavy=True,
    ),
    "node fetch": Client(  # knows no proxy before Node 24
        ("node", "-e", _NODE, "https://{host}/page.txt"), "the page of the allowed host", ("plain",), ("node",),
        trusts={"NODE_EXTRA_CA_CERTS": "{ca}"},
    ),
    "Java HttpClient": Client(
        ("java", "-Xmx96m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "...", "-cp", "{work}", "Fetch",
         "https://{host}/page.txt"),
        "the page of the allowed host", ("plain", "proxy"), ("java", "javac", "keytool"),
        trusts={"JAVA_TOOL_OPTIONS": f"{_TRUST_STORE}={{work}}/trust.p12 {_TRUST_STORE}Password=changeit"},
        more={"proxy": ("-Dhttps.proxyHost=127.0.0.1", "-Dhttps.proxyPort=3128")}, heavy=True,
    ),
    "apt": Client(
        ("sh", "-ec", _APT), "Package: small-thing", ("plain", "proxy"), ("apt-get", "dpkg-deb"),
        trusts={"APT_CA": "-o Acquire::https::CAInfo={ca}"}, heavy=True,
    ),
    "a static binary with system calls of its own": Client(
        ("{work}/fetch", "{host}", "/page.txt"), "the page of the allowed host", ("plain",), ("cc",), scheme="http",
    ),
}  # fmt: skip

#: A Go program needs no C library: it asks the name server and connects by itself. This does the same, and stands in for it.
STATIC_C = r"""
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
static int dial(int kind, const void *address, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&to.sin_addr, address, 4);
    int fd = syscall(SYS_socket, AF_INET, kind | SOCK_CLOEXEC, 0);
    struct timeval patience = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (syscall(SYS_connect, fd, &to, sizeof to) < 0) { perror("connect"); _exit(1); }
    return fd;
}
int main(int argc, char **argv) {
    unsigned char query[512] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, answer[512], local[4] = {127, 0, 0, 1};
    int at = 12;
    for (char *part = argv[1]; *part;) {
        int size = strcspn(part, ".");
        query[at++] = size;
        memcpy(query + at, part, size);
        at += size;
        part += size + (part[size] == '.');
    }
    memcpy(query + at, "\0\0\1\0\1", 5);
    at += 5;
    int dns = dial(SOCK_DGRAM, local, 53);
    syscall(SYS_write, dns, query, at);
    int got = syscall(SYS_read, dns, answer, sizeof answer);
    if (got < at + 16 || (answer[3] & 15)) { fprintf(stderr, "no such name, rcode %d\n", answer[3] & 15); return 1; }
    int fd = dial(SOCK_STREAM, answer + at + 12, 80);
    char text[4096];
    int size = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[2], argv[1]);
    syscall(SYS_write, fd, text, size);
    int total = 0;
    while ((size = syscall(SYS_read, fd, text, sizeof text)) > 0) { total += size; syscall(SYS_write, 1, text, size); }
    return total > 0 ? 0 : 1;
}
"""

JAVA = r"""
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

public class Fetch {
    public static void main(String[] words) throws Exception {
        var client = HttpClient.newBuilder().proxy(ProxySelector.getDefault()).build();
        var answer = client.send(HttpRequest.newBuilder(URI.create(words[0])).build(), BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
    }
}
"""
