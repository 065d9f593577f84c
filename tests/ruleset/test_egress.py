from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ruleset import egress as rooms
from vigiles.ruleset.egress import HostInvalid, canonical_host, decide_address, decide_host, decide_name, split_host_port
from vigiles.ruleset.profile import REFUSED_RANGES, Egress

ALLOW = Egress(
    mode="allow",
    hosts=["allowed.example:443", "allowed.example:80", "[2001:db8::1]:443", "203.0.113.9:22", "pin.example:443"],
    pins={"pin.example:443": "127.0.0.1", "[2001:db8::1]:443": "2001:db8::1"},
    upgrade=["allowed.example:443"],
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("allowed.example", "allowed.example"),
        ("ALLOWED.Example", "allowed.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("r3---sn-abc.example", "r3---sn-abc.example"),
        ("localhost", "localhost"),
        ("1password.example", "1password.example"),
        ("3com", "3com"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8:0:0::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
        ("::ffff:7f00:1", "127.0.0.1"),
        ("[::]", "::"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_good_hosts_have_one_spelling(text: str, canonical: str) -> None:
    assert canonical_host(text) == canonical
    assert canonical_host(canonical) == canonical


BYPASSES = [
    "",
    "allowed.example.",
    "allowed.example\0",
    "evil.example\0.allowed.example",
    "evil.example\n.allowed.example",
    "evil.example\r\nHost: allowed.example",
    "evil.example%00.allowed.example",
    "evil.example%2eallowed.example",
    "allowed.example@evil.example",
    "user:pass@allowed.example",
    "allowed.example#evil.example",
    "allowed.example?.evil.example",
    "allowed.example/evil.example",
    "evil.example\\.allowed.example",
    "allowed.example ",
    " allowed.example",
    "allowed..example",
    ".allowed.example",
    "allowed。example",
    "allowed．example",
    "ａllowed.example",
    "ällowed.example",
    "allowed.exampl\u0435",
    "allowed\u00ad.example",
    "allowed\u200b.example",
    "-allowed.example",
    "allowed-.example",
    "a_b.example",
    "*.example",
    "xn--a-.example",
    "xn--.example",
    "a" * 64 + ".example",
    ".".join(["a" * 60] * 5),
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f000001",
    "0x7f.0.0.0x1",
    "0177.0.0.1",
    "127.0.0.01",
    "2130706433",
    "017700000001",
    "1.2.3.4.5",
    "1.2.3.256",
    "999",
    "0x",
    "example.1",
    "example.0xff",
    "[::1",
    "::1]",
    "[[::1]]",
    "[127.0.0.1]",
    "[allowed.example]",
    "[fe80::1%eth0]",
    "fe80::1%25eth0",
    "::ffff:127.1",
    "1:2",
    "[]",
    "[::1]:80",
]


@pytest.mark.parametrize("text", BYPASSES)
def test_known_bypasses_are_refused_in_every_mode(text: str) -> None:
    with pytest.raises(HostInvalid):
        canonical_host(text)
    for mode in ("none", "allow", "observe"):
        assert decide_host(Egress(mode=mode, hosts=[f"{text}:443"]), text, 443) == "egress_malformed"  # type: ignore[arg-type]
        assert decide_name(Egress(mode=mode), text) == "egress_malformed"  # type: ignore[arg-type]


@given(st.text(max_size=80) | st.from_regex(r"[a-zA-Z0-9.:\[\]x-]{1,40}", fullmatch=True))
def test_canonical_host_is_total_and_stable(text: str) -> None:
    try:
        canonical = canonical_host(text)
    except HostInvalid:
        return
    assert canonical_host(canonical) == canonical
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", canonical):
        assert canonical == text.lower() or ipaddress.IPv4Address(canonical)
    else:
        assert str(ipaddress.IPv6Address(canonical)) == canonical


@given(st.ip_addresses())
def test_addresses_keep_their_meaning(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    host = canonical_host(f"[{address}]" if address.version == 6 else str(address))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    assert ipaddress.ip_address(host) == (mapped or address)
    assert rooms.is_address(host)


@given(
    st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,10}[a-z0-9])?){1,3}", fullmatch=True),
    st.integers(1, 65535),
)
def test_join_and_split_are_inverse(host: str, port: int) -> None:
    try:
        canonical_host(host)
    except HostInvalid:
        return
    assert split_host_port(rooms.join_host_port(host, port)) == (host, port)
    assert not rooms.is_address(host)


@pytest.mark.parametrize(
    "text",
    [
        "allowed.example",
        "allowed.example:",
        "allowed.example:0",
        "allowed.example:65536",
        "allowed.example:080",
        "::1:80",
        "a:٣",
    ],
)
def test_host_port_needs_both(text: str) -> None:
    with pytest.raises(HostInvalid):
        split_host_port(text)


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("allowed.example", 443, "allowed"),
        ("ALLOWED.example", 443, "allowed"),
        ("allowed.example", 80, "allowed"),
        ("allowed.example", 22, "egress_port"),
        ("allowed.example", 0, "egress_malformed"),
        ("allowed.example", 70000, "egress_malformed"),
        ("sub.allowed.example", 443, "egress_host"),
        ("allowed.example.evil.example", 443, "egress_host"),
        ("notallowed.example", 443, "egress_host"),
        ("allowed.exampl", 443, "egress_host"),
        ("203.0.113.9", 22, "allowed"),
        ("203.0.113.9", 23, "egress_port"),
        ("203.0.113.8", 22, "egress_address"),
        ("[2001:db8::1]", 443, "allowed"),
        ("2001:db8::1", 80, "egress_port"),
        ("2001:db8::2", 443, "egress_address"),
    ],
)
def test_hosts_match_exactly(host: str, port: int, reason: str) -> None:
    assert decide_host(ALLOW, host, port) == reason


def test_modes() -> None:
    assert decide_host(Egress(mode="none", hosts=["a.example:443"]), "a.example", 443) == "egress_host"
    assert decide_host(Egress(mode="observe"), "any.example", 1) == "allowed_observe"
    assert decide_name(ALLOW, "allowed.example") == "allowed"
    assert decide_name(ALLOW, "other.example") == "dns_name"
    assert decide_name(Egress(mode="none", hosts=["a.example:443"]), "a.example") == "dns_name"
    assert rooms.may_upgrade(ALLOW, "allowed.example", 443)
    assert not rooms.may_upgrade(ALLOW, "allowed.example", 80)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("93.184.215.14", "allowed"),
        ("2606:2800:21f:cb07::1", "allowed"),
        ("127.0.0.1", "egress_address"),
        ("127.9.9.9", "egress_address"),
        ("0.0.0.0", "egress_address"),
        ("10.1.2.3", "egress_address"),
        ("172.31.0.1", "egress_address"),
        ("172.32.0.1", "allowed"),
        ("192.168.1.1", "egress_address"),
        ("169.254.169.254", "egress_address"),
        ("169.254.170.2", "egress_address"),
        ("100.100.100.200", "egress_address"),
        ("168.63.129.16", "egress_address"),
        ("198.18.0.1", "egress_address"),
        ("224.0.0.1", "egress_address"),
        ("255.255.255.255", "egress_address"),
        ("::1", "egress_address"),
        ("::", "egress_address"),
        ("::ffff:127.0.0.1", "egress_address"),
        ("::ffff:93.184.215.14", "allowed"),
        ("::7f00:1", "egress_address"),
        ("fe80::1", "egress_address"),
        ("fe80::1%lo", "egress_address"),
        ("fd00:ec2::254", "egress_address"),
        ("ff02::1", "egress_address"),
        ("2002:7f00:1::", "egress_address"),
        ("64:ff9b::7f00:1", "egress_address"),
        ("64:ff9b::5db8:d70e", "allowed"),
        ("not an address", "egress_malformed"),
        ("127.1", "egress_malformed"),
    ],
)
def test_addresses_of_an_allowed_name(address: str, reason: str) -> None:
    assert decide_address(ALLOW, "allowed.example", 443, address) == reason


def test_a_pin_is_the_only_address_and_overrides_ranges() -> None:
    assert decide_address(ALLOW, "pin.example", 443, "127.0.0.1") == "allowed"
    assert decide_address(ALLOW, "pin.example", 443, "::ffff:127.0.0.1") == "allowed"
    assert decide_address(ALLOW, "pin.example", 443, "93.184.215.14") == "egress_address"
    assert decide_address(ALLOW, "pin.example", 80, "127.0.0.1") == "egress_port"
    observe = Egress(mode="observe", pins={"pin.example:443": "203.0.113.5"})
    assert decide_address(observe, "pin.example", 443, "203.0.113.6") == "egress_address"
    assert decide_address(observe, "pin.example", 80, "127.0.0.1") == "allowed_observe"
    assert rooms.pinned(ALLOW, "2001:db8::1", 443) == "2001:db8::1"
    assert rooms.pinned_addresses(ALLOW, "2001:db8::1") == ["2001:db8::1"]
    assert rooms.pinned_addresses(ALLOW, "allowed.example") == []


def test_an_address_host_is_dialled_at_itself_only() -> None:
    assert decide_address(ALLOW, "203.0.113.9", 22, "203.0.113.9") == "allowed"
    assert decide_address(ALLOW, "203.0.113.9", 22, "203.0.113.10") == "egress_address"
    listed = Egress(mode="allow", hosts=["127.0.0.1:80"])
    assert decide_address(listed, "127.0.0.1", 80, "127.0.0.1") == "egress_address", "listing does not override a range"


@given(st.ip_addresses())
def test_no_local_address_gets_through(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    real = mapped or address
    local = real.is_loopback or real.is_link_local or real.is_multicast or real.is_unspecified
    private = any(real in ipaddress.ip_network(net) for net in ("10.0.0.0/8", "192.168.0.0/16", "fc00::/7"))
    if local or private:
        assert decide_address(ALLOW, "allowed.example", 443, str(address)) == "egress_address"


@pytest.mark.parametrize("network", REFUSED_RANGES)
def test_first_and_last_address_of_each_range_are_refused(network: str) -> None:
    net = ipaddress.ip_network(network)
    for address in (net[0], net[-1]):
        assert decide_address(ALLOW, "allowed.example", 443, str(address)) == "egress_address"
