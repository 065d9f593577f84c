"""The world's keys, made afresh for each drill: a certificate authority and the SSH key pairs."""

from __future__ import annotations

import datetime
import ipaddress
import os
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vigiles.drills.world import addresses


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Paths of what :func:`make` wrote. ``client_key`` and ``ca`` are what the scripted agent is given."""

    ca: Path
    certificate: Path
    certificate_key: Path
    host_key: Path
    client_key: Path
    authorized: Path


def make(folder: Path) -> Keys:
    """Write all keys into ``folder`` (private ones with mode 0600) and return where they are."""
    keys = Keys(
        ca=folder / "ca.pem",
        certificate=folder / "mirror.pem",
        certificate_key=folder / "mirror.key",
        host_key=folder / "ssh_host_key",
        client_key=folder / "agent_key",
        authorized=folder / "authorized_keys",
    )
    _certificates(keys)
    _ssh(keys)
    return keys


def _certificates(keys: Keys) -> None:
    now = datetime.datetime.now(datetime.UTC)
    authority_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _name("Vigiles drill authority")
    names = [
        x509.DNSName(addresses.MIRROR_NAME),
        x509.DNSName("paste.example"),
        x509.IPAddress(ipaddress.ip_address(addresses.MIRROR)),
        x509.IPAddress(ipaddress.ip_address(addresses.PASTE)),
    ]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    template = x509.CertificateBuilder().issuer_name(authority).not_valid_before(now - datetime.timedelta(hours=1))
    template = template.not_valid_after(now + datetime.timedelta(days=1))
    root = (
        template.subject_name(authority)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        template.subject_name(_name(addresses.MIRROR_NAME))
        .public_key(leaf_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    keys.ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    keys.certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    _private(keys.certificate_key, leaf_key, serialization.PrivateFormat.PKCS8)


def _ssh(keys: Keys) -> None:
    host, client = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    _private(keys.host_key, host, serialization.PrivateFormat.OpenSSH)
    _private(keys.client_key, client, serialization.PrivateFormat.OpenSSH)
    public = client.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    keys.authorized.write_bytes(public + b" drill\n")


def _private(
    path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, form: serialization.PrivateFormat
) -> None:
    data = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
