"""What makes a cell's programs trust its door where it terminates TLS: roots in the places where programs look for them.

A bundle of the machine's own roots and the cell's authority lies over each place that the machine has one at, so that a
program finds it without being told; environment variables name it for those that bring roots of their own. Public
certificates only, closed to writing.
"""

from __future__ import annotations

import os

from vigiles.cell.spec import CellSpec, Trust

#: Where distributions keep their bundle, below /etc: Debian and Arch, Fedora, SUSE, Alpine and the BSDs.
BUNDLES = ("ssl/certs/ca-certificates.crt", "pki/tls/certs/ca-bundle.crt", "ssl/ca-bundle.pem", "ssl/cert.pem")
#: Where they keep Java's: Debian, Fedora.
_JAVA = ("ssl/certs/java/cacerts", "pki/java/cacerts")
#: The folder in which OpenSSL looks a root up by the hash of its subject.
_HASHED = "ssl/certs"
_BUNDLE, _STORE = "roots.pem", "roots.p12"

#: Variables that name a file of roots to one program or library, which then trusts those in it. Sources: OpenSSL's
#: X509_get_default_cert_file_env(3) (Python, Ruby, Go's crypto/x509 and uv heed it as well), and each program's own manual.
_VARIABLES = (
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO", "AWS_CA_BUNDLE", "DENO_CERT", "NIX_SSL_CERT_FILE", "PERL_LWP_SSL_CA_FILE", "HTTPLIB2_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)  # fmt: skip


def folder(spec: CellSpec) -> str:
    """Return where a cell's programs find the files."""
    return f"{spec.private}/trust" if spec.private else "/run/vigiles/trust"


def write(trust: Trust, roots: bytes, to: str) -> None:
    """Make the folder ``to`` with the files; ``roots`` are the machine's own. Raises OSError."""
    os.mkdir(to, 0o755)
    for name, data in ((_BUNDLE, roots + trust.certificate.encode()), (_STORE, trust.keystore)):
        with open(f"{to}/{name}", "wb") as file:
            file.write(data)
        os.chmod(f"{to}/{name}", 0o444)


def lay_over(trust: Trust, source: str, ours: str, etc: str) -> None:
    """Put what :func:`write` made into ``ours``, a layer over ``etc``, at each place where that has such a file.

    A place behind a link needs nothing of its own: the link leads to another of them, or out of sight. Raises OSError.
    """
    for place, name in [*((one, _BUNDLE) for one in BUNDLES), *((one, _STORE) for one in _JAVA)]:
        if os.path.lexists(f"{etc}/{place}") and _no_links(etc, os.path.dirname(place)):
            os.makedirs(os.path.dirname(f"{ours}/{place}"), exist_ok=True)
            os.link(f"{source}/{name}", f"{ours}/{place}")
    if os.path.isdir(f"{etc}/{_HASHED}") and _no_links(etc, _HASHED):
        os.makedirs(f"{ours}/{_HASHED}", exist_ok=True)
        with open(f"{ours}/{_HASHED}/{trust.hashed}.0", "x", encoding="utf-8") as file:
            file.write(trust.certificate)


def etc_files(source: str) -> dict[str, str]:
    """Return path below /etc -> text, for a root of a cell's own: nobody looks what it has there."""
    with open(f"{source}/{_BUNDLE}", encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    return dict.fromkeys(BUNDLES, text)


def environment(spec: CellSpec, given: dict[str, str]) -> dict[str, str]:
    """Return the variables by which a cell's programs find the files; ``given`` is what they have otherwise."""
    if spec.trust is None:
        return {}
    where, more = folder(spec), given.get("JAVA_TOOL_OPTIONS")
    java = f"-Djavax.net.ssl.trustStore={where}/{_STORE} -Djavax.net.ssl.trustStoreType=PKCS12"
    return {
        **dict.fromkeys(_VARIABLES, f"{where}/{_BUNDLE}"),
        "JAVA_TOOL_OPTIONS": f"{java} {more}" if more else java,
    }


def machine_roots() -> bytes:
    """Return the machine's own bundle; empty where it has none."""
    for place in BUNDLES:
        try:
            with open(f"/etc/{place}", "rb") as file:
                data = file.read()
        except OSError:
            continue
        return data if data.endswith(b"\n") else data + b"\n"
    return b""


def _no_links(top: str, path: str) -> bool:
    """Say whether every folder from below ``top`` to ``path`` is a real one."""
    here = top
    for part in path.split("/"):
        here = f"{here}/{part}"
        if os.path.islink(here) or not os.path.isdir(here):
            return False
    return True
