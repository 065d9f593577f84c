"""Sizes as OpenSSH 9.2 and dropbear really send them; ``~`` is a silence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.detectors.ssh_flow import CIPHERS, SshSigns, ssh_signs, who_leads
from vigiles.detectors.tunnel_flow import server_leads
from vigiles.model.observation.flow import Chunk

#: chacha20-poly1305, up to the success packet.
SETUP = "o41 i41 o1448 o112 i1088 o1208 i1448 i116 o16 o44 i44 o60 i76 o140 i100 o308 i28 "
DROPBEAR = "o738 i41 i1088 o48 i524 o120 i44 i76 o140 i100 o228 i28 "
GCM = "o41 i41 o1384 i1088 o1208 i1572 o16 o52 i52 o68 i84 o148 i100 o308 i36 "
UMAC = "o41 i41 o1384 i1088 o1208 i1572 o16 o44 i44 o60 i76 o140 i92 o300 i28 "
ASYNCSSH = "o25 i41 o2232 i1088 o48 i524 o60 i44 o36 o60 i76 o36 o140 i100 o36 o228 i28 "

REVERSE = [
    ("idle", SETUP + "o68 o60 i412 i28 ~o52 i28 ~o52 i28 ~o60"),
    ("idle, read as one", SETUP + "o128 i440 ~o52 i28"),
    ("http through it", SETUP + "o68 o60 i412 i28 ~i92 o44 i148 o396 o36 i36"),
    ("with a command", SETUP + "o68 i264 o112 i176 i44 o52 i72 o36 ~i92 o44 i76 o76"),
    ("with a shell", SETUP + "o68 i412 o112 i28 i44 o376 i108 i92 o36"),
    ("dropbear", DROPBEAR + "o68 i276 i28 ~i84 o44 i76 o76"),
    ("any address", SETUP + "o52 o60 i412 i28 ~i92 o44"),
    ("aes-gcm", GCM + "o68 o68 i248 i168 ~i100 o52 i52 o196 o500"),
    ("aes-gcm, read as one", GCM + "o136 i380 i36"),
    ("aes-gcm with a command", GCM + "o68 i248 o120 i132 i88 o120 i72 o36 ~i124 o36 o68"),
    ("aes-ctr with umac", UMAC + "o60 o60 i240 i152 ~i92 o44"),
    ("aes-ctr with umac, with a command", UMAC + "o60 i240 o104 i124 i72 o112 i28 ~i92 o44"),
    ("asyncssh", ASYNCSSH + "o88 i380 i28 ~i84 o36 o44 i52 o832"),
]
HONEST = [
    ("exec", SETUP + "o112 i412 i44 o52 i72 o36 i108 i124 o36 o60"),
    ("shell", SETUP + "o112 i412 i44 o376 i108 i92 ~o36 i36 ~o36 i36 ~o36 i36 i92"),
    ("tail -f", SETUP + "o112 i412 i44 o148 i72 o36 ~i108 ~i108 ~i108 ~i108 ~i108 o36 ~i108"),
    ("mux", SETUP + "o52 i412 i44 o76 i72 o36 i76 i372 i124 o36 ~o52 i44 o76 i72 o36"),
    ("-L", SETUP + "o60 i412 ~o92 i44 o124 i244 i1448 o72 i36 ~o92 i44 o124 i1448"),
    ("-D", SETUP + "o60 i412 ~o92 i44 o124 i244 i1448 ~i600 o36"),
    ("git push", SETUP + "o112 i412 i44 o148 i36 i180 ~i300 o260 o1448 o1448 i36 ~i92 o36 o60"),
    ("scp up", SETUP + "o112 i412 i44 o84 i36 o36 " + "o1448 o1448 i36 " * 40),
    ("server keepalives", SETUP + "o112 i412 i44 o376 i108 ~i52 o28 ~i52 o28 ~i52 o28 ~i52 o28 ~i52 o28"),
    ("failed password", "o41 i41 o1448 o112 i1088 o1208 i1448 i116 o16 o44 i44 o60 i76 o140 i76"),
    ("aes-gcm exec", GCM + "o120 i248 i184 o120 i72 o36 i36 i88 o104"),
    ("aes-gcm slow exec", GCM + "o120 i248 i184 o200 i72 o36 ~i68 ~i68 ~i68 ~i192 o36 o68"),
    ("aes-gcm shell", GCM + "o120 i248 i184 o204 i108 i388 ~i68 o52 i52 i68 ~o88 i192 o36 o68"),
    ("aes-gcm -N", GCM + "o68 i248 i132"),
    ("aes-gcm no such subsystem", GCM + "o120 i248 i184 o120 i36"),
    ("aes-ctr with umac exec", UMAC + "o104 i240 i168 o112 i64 o28 i28 i80 o96"),
    ("aes-ctr with umac, no such subsystem", UMAC + "o104 i240 i168 o112 i28"),
    ("asyncssh exec", ASYNCSSH + "o88 i380 i44 o36 o52 i72 i124 o36 o36 o76"),
]


def reads(sizes: str) -> list[Chunk]:
    made, at = [], 0
    for word in sizes.split():
        at += 1_000_000 if word.startswith("~") else 1000
        word = word.lstrip("~")
        made.append(Chunk(at_us=at, direction="o" if word[0] == "o" else "i", size=int(word[1:])))
    return made


@pytest.mark.parametrize(("name", "sizes"), REVERSE)
def test_a_request_to_forward_a_port_is_seen(name: str, sizes: str) -> None:
    assert ssh_signs(reads(sizes)).opening == "forward_request", name


@pytest.mark.parametrize(("name", "sizes"), REVERSE)
def test_it_is_seen_within_two_round_trips_after_authentication(name: str, sizes: str) -> None:
    first_silence = sizes.index(" ~") if " ~" in sizes else len(sizes)
    assert ssh_signs(reads(sizes[:first_silence])).opening == "forward_request", name


@pytest.mark.parametrize(("name", "sizes"), HONEST)
def test_honest_ssh_shows_neither_sign(name: str, sizes: str) -> None:
    signs = ssh_signs(reads(sizes))
    assert signs.opening != "forward_request"
    assert not server_leads(signs), name


def test_the_far_side_leads_once_a_tunnel_is_used() -> None:
    signs = ssh_signs(reads(SETUP + "o60 i412 ~i92 o44 i76 o76"))
    assert (signs.opening, signs.server_led, signs.server_first) == ("no_session", 1, True)
    assert server_leads(signs)


def test_a_session_beside_a_tunnel_needs_a_clear_lead() -> None:
    few = SETUP + "o112 i412 i44 o376 i108 " + "~i76 o76 " * 3
    assert not server_leads(ssh_signs(reads(few)))
    assert server_leads(ssh_signs(reads(few + "~i76 o76")))
    assert not server_leads(ssh_signs(reads(few + "~i76 o76 ~o36 i36 ~o36 i36")))


def test_an_unknown_cipher_leaves_the_lead() -> None:
    setup = "o41 i41 o1448 i1088 o1208 i1448 o61 i61 "
    assert server_leads(ssh_signs(reads(setup + "~i93 o93 ~i93 o93 ~i93 o93")))
    assert not server_leads(ssh_signs(reads(setup + "~o93 i93 ~i93 o93 ~i93 o93")))


def test_sizes_follow_from_the_packet_format() -> None:
    chacha, _, gcm, etm, _ = CIPHERS
    assert [cipher.size(17) for cipher in (chacha, gcm, etm)] == [44, 52, 68]
    assert [cipher.size(1) for cipher in (chacha, gcm, etm)] == [28, 36, 52]


def test_who_leads_skips_the_set_up() -> None:
    assert who_leads(reads("o1 i1 " * 4 + "~i100 o100 ~i100 o100 ~o100 i100")) == (2, 1)


@settings(max_examples=200)
@given(
    st.lists(
        st.builds(Chunk, at_us=st.integers(0, 10**9), direction=st.sampled_from(["o", "i"]), size=st.integers(0, 65536)),
        max_size=256,
    )
)
def test_any_reads_give_signs_and_never_raise(made: list[Chunk]) -> None:
    signs = ssh_signs(made)
    assert isinstance(signs, SshSigns)
    assert signs.server_led + signs.client_led <= len(made)
