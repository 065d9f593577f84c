from __future__ import annotations

import random

import pytest

from vigiles.detectors.disguise.inner_ssh import ssh_inside

#: Packets of a session of OpenSSH 9.2 with chacha20-poly1305: banner, lists, key exchange, NEWKEYS, service, login, ``-R``.
HANDSHAKE = "o40 i40 o1504 i1080 o1208 i1564 o16 o44 i44 o68 i52 o372 i332 o492 i28"
FORWARD = "i500 o68 o60 i28 i92 o44 i108 o172 i36"
BROWSER = "o64 i36 i879 i92 i52 o52 i250 i250 o412 i1300 i16384 i8001 o97 i3011 o98 i733 o101 i1200"


def mark(text: str, added: int) -> list[str]:
    return ["tls.alpn=h2", "tls.first=" + ",".join(f"{word[0]}{int(word[1:]) + added}" for word in text.split())]


@pytest.mark.parametrize("added", [17, 24, 16])
def test_ssh_is_known_whatever_tls_adds_and_so_is_what_it_asks_for(added: int) -> None:
    before = "i6 i800 i264 i52 o52 i250 i250 "
    signs = ssh_inside(mark(before + HANDSHAKE + " " + FORWARD, added))
    assert signs is not None
    assert signs.authenticated
    merged = HANDSHAKE.replace("o40 i40 o1504", "i40 o1544").replace("o16 o44", "o60")
    assert ssh_inside(mark(merged, added)) is not None


def test_honest_talks_are_not_ssh() -> None:
    draw = random.Random(5)
    assert ssh_inside([]) is None
    assert ssh_inside(["tls.first="]) is None
    assert ssh_inside(mark(BROWSER, 17)) is None
    assert ssh_inside(mark(" ".join(["o64", "i120"] * 20), 17)) is None, "aligned, without the lists"
    assert ssh_inside(mark(" ".join(["o16384", "o16384", "i64"] * 12), 17)) is None, "an upload"
    for _ in range(3000):
        words = [f"{draw.choice('oi')}{draw.randrange(20, 2000)}" for _ in range(40)]
        assert ssh_inside(mark(" ".join(words), 17)) is None
