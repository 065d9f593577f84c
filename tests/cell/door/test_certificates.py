"""Hosts with odd certificates, all signed by a root that the door trusts: only what names the host, now, is the host."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vigiles.cell import authority

HOST = "allowed.example"
OURS = authority.mint()
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = serialization.Encoding.PEM

Names = list[x509.GeneralName]


def dns(*names: str) -> Names:
    return [x509.DNSName(name) for name in names]


def signed(
    common: str, names: Names, *more: tuple[x509.ExtensionType, bool], issuer: x509.Certificate | None = None,
    begins: datetime.datetime = NOW - DAY, ends: datetime.datetime = NOW + DAY, ca: bool = False,
) -> x509.Certificate:  # fmt: skip
    """Return a certificate for KEY, which signs it too, so that who issued it is only a name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=not common)
    for extension, critical in more:
        made = made.add_extension(extension, critical=critical)
    return made.sign(KEY, hashes.SHA256())


ROOT = signed("test root", [], ca=True)
#: Another root with the same key: what it issued is told apart by its name.
STRANGER = signed("stranger", [], ca=True)
_TO_OTHERS = x509.NameConstraints(permitted_subtrees=dns("other.example"), excluded_subtrees=None)
CONSTRAINED = signed("constrained", [], (_TO_OTHERS, True), issuer=ROOT, ca=True)
LEAF = signed(HOST, dns(HOST), issuer=ROOT)
_OF_CLIENTS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)

#: The chain that the host shows, and what the door's mark says; None: the host is the host.
CHAINS: dict[str, tuple[list[x509.Certificate], str | None]] = {
    "the host": ([LEAF], None),
    "the host among others": ([signed("", dns("a.example", HOST, "b.example"), issuer=ROOT)], None),
    "upper case": ([signed("", dns("ALLOWED.Example"), issuer=ROOT)], None),
    "a thousand names": ([signed("", dns(*(f"n{at}.example" for at in range(1000)), HOST), issuer=ROOT)], None),
    "another host": ([signed("evil.example", dns("evil.example"), issuer=ROOT)], "name"),
    "another host, ours as common name": ([signed(HOST, dns("evil.example"), issuer=ROOT)], "name"),
    "a common name alone": ([signed(HOST, [], issuer=ROOT)], "name"),
    "no name at all": ([signed("", [], issuer=ROOT)], "name"),
    "a star alone": ([signed("", dns("*"), issuer=ROOT)], "name"),
    "a star for the whole domain": ([signed("", dns("*.example"), issuer=ROOT)], "name"),
    "two stars": ([signed("", dns("*.*"), issuer=ROOT)], "name"),
    "a star at the end": ([signed("", dns("allowed.*"), issuer=ROOT)], "name"),
    "a star within a label": ([signed("", dns("al*.example", "*d.example"), issuer=ROOT)], "name"),
    "a subdomain": ([signed("", dns("www.allowed.example", "*.allowed.example"), issuer=ROOT)], "name"),
    "NUL behind the host": ([signed("", dns("allowed.example\0.evil.example"), issuer=ROOT)], "name"),
    "NUL before the host": ([signed("", dns("evil.example\0allowed.example"), issuer=ROOT)], "name"),
    "NUL in the common name": ([signed("allowed.example\0.evil.example", [], issuer=ROOT)], "name"),
    "a dot behind": ([signed("", dns("allowed.example."), issuer=ROOT)], "name"),
    "a space behind": ([signed("", dns("allowed.example "), issuer=ROOT)], "name"),
    "letters that look alike": ([signed("", dns("xn--llowed-8wa.example"), issuer=ROOT)], "name"),
    "the host as mail, as URI, as address": (
        [signed("", [x509.RFC822Name(f"root@{HOST}"), x509.UniformResourceIdentifier(f"https://{HOST}/"),
                     x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], issuer=ROOT)],
        "name",
    ),
    "expired": ([signed("", dns(HOST), issuer=ROOT, begins=NOW - 9 * DAY, ends=NOW - DAY)], "expired"),
    "not yet valid": ([signed("", dns(HOST), issuer=ROOT, begins=NOW + DAY, ends=NOW + 9 * DAY)], "not_yet_valid"),
    "of a stranger": ([signed("", dns(HOST), issuer=STRANGER)], "unknown_ca"),
    "of a stranger, who is shown": ([signed("", dns(HOST), issuer=STRANGER), STRANGER], "unknown_ca"),
    "its own": ([signed(HOST, dns(HOST))], "unknown_ca"),
    "of a leaf": ([signed("below", dns(HOST), issuer=LEAF), LEAF], ""),
    "of one who may sign for others only": ([signed("", dns(HOST), issuer=CONSTRAINED), CONSTRAINED], ""),
    "for clients": ([signed("", dns(HOST), _OF_CLIENTS, issuer=ROOT)], ""),
}  # fmt: skip


class Host:
    """Answers every connection with the chain of the moment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def show(self, chain: list[x509.Certificate]) -> None:
        private = KEY.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self._folder / "chain.pem"
        path.write_bytes(private + b"".join(one.public_bytes(PEM) for one in chain))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(path)

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), sock:
                sock.settimeout(5)
                with self._context.wrap_socket(sock, server_side=True) as inner:
                    self.heard += inner.recv(65536)
                    inner.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    inner.unwrap()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.close()


def ask(door: Any, host: Host, call: int) -> str:
    """Return the first line of the answer to a request inside TLS, or what the client's own TLS says of the failure."""
    trusted = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    try:
        with trusted.wrap_socket(door.tunnel(HOST, host.port, call), server_hostname=HOST) as sock:
            sock.sendall(f"GET /secret HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return sock.recv(4096).decode().partition("\r\n")[0]
    except OSError as error:
        return str(getattr(error, "reason", None) or type(error).__name__)


@pytest.fixture
def door(start_door: Any, host: Host) -> Any:
    return start_door(host.port, authority=OURS, trust=[ROOT.public_bytes(PEM).decode()])


def test_only_what_names_the_host_is_the_host(door: Any, host: Host) -> None:
    for call, (name, (chain, fault)) in enumerate(CHAINS.items(), 1):
        host.show(chain)
        host.heard = b""
        answer = ask(door, host, call)
        flow = door.wait_flow(lambda flow, call=call: flow.phase in ("close", "refused") and flow.attribution.call == call)
        if fault is None:
            assert (answer, flow.reason) == ("HTTP/1.1 200 OK", "allowed"), name
            assert host.heard.startswith(b"GET /secret "), name
        else:
            # The client's own TLS library says what kind of fault it is: an alert, never a reset without a word.
            assert "ALERT" in answer, (name, answer)
            assert (flow.phase, flow.reason) == ("refused", "egress_certificate"), name
            assert any(mark.startswith(f"tls.server_error={fault}") for mark in flow.marks), (name, flow.marks)
            assert host.heard == b"", name


def test_a_certificate_that_is_too_large_is_a_fault_of_the_host(door: Any, host: Host) -> None:
    host.show([signed("", dns(*(f"n{at}.{'x' * 60}.example" for at in range(20_000)), HOST), issuer=ROOT)])
    assert "200" not in ask(door, host, 1)
    flow = door.wait_flow(lambda flow: flow.phase in ("close", "refused"))
    assert any(mark.startswith("tls.server_error=") for mark in flow.marks), flow.marks
    assert host.heard == b""
    host.show([LEAF])
    assert ask(door, host, 2) == "HTTP/1.1 200 OK"
    with open(f"/proc/{door.process.pid}/statm", encoding="ascii") as file:
        assert int(file.read().split()[1]) * 4096 < 120 << 20
