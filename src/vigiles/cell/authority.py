"""A cell's own certificate authority: made by the supervisor for one cell, used by its door, trusted inside that cell only.

The private key exists in memory: the supervisor hands it to the door with its configuration and forgets it.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
import ssl
from typing import TYPE_CHECKING

import msgspec

from vigiles.cell.spec import Trust
from vigiles.ruleset.profile import Egress

if TYPE_CHECKING:
    from cryptography.x509 import Name

#: How far the clocks that look at a certificate may be behind, and how long a cell may live with one authority.
SKEW = datetime.timedelta(days=1)
_LIFE = datetime.timedelta(days=365)


class Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``certificate`` is DER (X.509), ``key`` DER (PKCS 8, in clear): a secret, which its text form leaves out."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return f"Authority({len(self.certificate)} bytes, key withheld)"


def terminates(egress: Egress) -> bool:
    """Return whether TLS ends at the door of a cell with this ``egress``. To observe is to change nothing.

    A cell that may reach no host has no TLS to end.
    """
    return egress.mode == "allow" and egress.tls == "terminate" and bool(egress.hosts)


def mint() -> Authority:
    """Return a fresh authority: an EC P-256 key and its own certificate (RFC 5280), which may sign no other authority's."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    # Two cells' authorities have two names: a store that holds both must not take one for the other.
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Vigiles"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Vigiles cell authority {secrets.token_hex(4)}"),
        ]
    )
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    secret = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Authority(certificate.public_bytes(der), secret)


def trust_in(authority: Authority) -> Trust:
    """Return what a cell's programs know an authority by."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    certificate = x509.load_der_x509_certificate(authority.certificate)
    entry = pkcs12.PKCS12Certificate(certificate, b"vigiles")
    return Trust(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        hashed=subject_hash(certificate.subject),
        keystore=pkcs12.serialize_java_truststore([entry], serialization.NoEncryption()),
    )


def subject_hash(name: Name) -> str:
    """Return the name of the file in which OpenSSL looks for an issuer, as X509_NAME_hash(3) has it.

    For names of UTF8String attributes in ASCII, one to a set, without spaces at their ends or two in a row.
    """
    canonical = b"".join(
        _der(0x31, _der(0x30, _oid(one.oid.dotted_string) + _der(0x0C, str(one.value).lower().encode("ascii"))))
        for one in name
    )
    return f"{int.from_bytes(hashlib.sha1(canonical, usedforsecurity=False).digest()[:4], 'little'):08x}"


def _der(tag: int, content: bytes) -> bytes:
    """Return one DER element with a short length, as all of a name's are."""
    return bytes([tag, len(content)]) + content


def _oid(dotted: str) -> bytes:
    """Return an attribute type of X.520 (2.5.4.n)."""
    first, second, *rest = map(int, dotted.split("."))
    return _der(0x06, bytes([first * 40 + second, *rest]))


def fingerprint(certificate: str) -> str:
    """Return the SHA-256 of a certificate (PEM), by which an authority is named in records."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
