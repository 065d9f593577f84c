"""Which name servers a program will ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cell.bare.name_servers import name_servers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nameserver 192.0.2.1\nnameserver 127.0.0.53\noptions edns0\n", {"192.0.2.1", "127.0.0.53"}),
        ("# nameserver 192.0.2.9\n; nameserver 192.0.2.8\nnameserver\t2001:DB8:0::1\n", {"2001:db8::1"}),
        ("nameserver fe80::1%eth0\n", {"fe80::1"}),
        ("nameserver ::ffff:192.0.2.1\n", {"192.0.2.1"}),
        ("nameserver not-an-address\n", {"127.0.0.1"}),
        ("", {"127.0.0.1"}),
    ],
)
def test_addresses_are_read_as_the_c_library_reads_them(tmp_path: Path, text: str, found: set[str]) -> None:
    (tmp_path / "resolv.conf").write_text(text)
    assert name_servers(str(tmp_path / "resolv.conf")) == found


def test_without_a_file_it_is_the_usual_one(tmp_path: Path) -> None:
    assert name_servers(str(tmp_path / "none")) == {"127.0.0.1"}
