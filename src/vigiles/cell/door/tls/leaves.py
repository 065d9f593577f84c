"""Certificates for the hosts that a cell's programs ask for, signed by the cell's own authority: one key, a leaf a host."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import time
from collections import OrderedDict

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from vigiles.cell.authority import SKEW, Authority
from vigiles.cell.door.tls.secure_wire import harden
from vigiles.ruleset.egress import is_address

#: Hosts whose leaf is kept; a profile lists fewer as a rule.
_MOST = 128
_LIFE = datetime.timedelta(days=30)
#: A leaf is made anew at half its life, seconds.
_FRESH_S = _LIFE.total_seconds() / 2
#: X.520: a common name has 64 characters at most; the names that count are in the subject's alternative names.
_MAX_COMMON = 64


class Leaves:
    """The server side of a door's TLS. ``protocols`` are the ALPN names (RFC 7301) that are spoken, the best first."""

    def __init__(self, authority: Authority, protocols: list[str]) -> None:
        self._issuer = x509.load_der_x509_certificate(authority.certificate)
        signer = serialization.load_der_private_key(authority.key, password=None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        self._signer = signer
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._protocols = protocols
        self._made: OrderedDict[str, tuple[float, ssl.SSLContext]] = OrderedDict()

    def context(self, host: str) -> ssl.SSLContext:
        """Return what a server that is the canonical ``host`` would answer with."""
        born, found = self._made.get(host, (0.0, None))
        if found is None or time.monotonic() - born > _FRESH_S:
            found = self._context(host)
            self._made[host] = (time.monotonic(), found)
        self._made.move_to_end(host)
        if len(self._made) > _MOST:
            self._made.popitem(last=False)
        return found

    def _context(self, host: str) -> ssl.SSLContext:
        context = harden(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        context.num_tickets = 1
        context.set_alpn_protocols(self._protocols)
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # The module takes a chain from a file only, so it gets one that exists in memory.
        file = os.memfd_create("leaf", os.MFD_CLOEXEC)
        try:
            os.write(file, private + self._leaf(host).public_bytes(serialization.Encoding.PEM))
            context.load_cert_chain(f"/proc/self/fd/{file}")
        finally:
            os.close(file)
        return context

    def _leaf(self, host: str) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        named = x509.IPAddress(ipaddress.ip_address(host)) if is_address(host) else x509.DNSName(host)
        common = [x509.NameAttribute(x509.NameOID.COMMON_NAME, host)] if len(host) <= _MAX_COMMON else []
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        issuer = self._issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name(common))
            .issuer_name(self._issuer.subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - SKEW, self._issuer.not_valid_before_utc))
            .not_valid_after(min(now + _LIFE, self._issuer.not_valid_after_utc))
            # RFC 5280 4.2.1.6: where the subject is empty these names are all there is, and critical.
            .add_extension(x509.SubjectAlternativeName([named]), critical=not common)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
            .sign(self._signer, hashes.SHA256())
        )
