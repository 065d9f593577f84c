from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.detectors.ssh_argv import SshCommand, client_name, forward_like, parse_ssh


def parse(line: str) -> SshCommand:
    argv = shlex.split(line)
    client = client_name(f"/usr/bin/{argv[0]}", argv)
    assert client is not None
    return parse_ssh(client, argv)


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        ("ssh -R 9022:localhost:22 user@far.example", "far.example", 22),
        ("ssh -NfR 9022:localhost:22 far.example", "far.example", 22),
        ("ssh -NfR9022:localhost:22 far.example", "far.example", 22),
        ("ssh -fNTR 0:localhost:22 -p 443 far.example", "far.example", 443),
        ("ssh far.example -N -R 9022:localhost:22", "far.example", 22),
        ("ssh -p443 far.example -R 1080", "far.example", 443),
        ("ssh -o RemoteForward=9022\\ localhost:22 far.example", "far.example", 22),
        ("ssh -oRemoteForward='9022 localhost:22' far.example", "far.example", 22),
        ("ssh -o 'remoteforward 9022 localhost:22' -o port=2222 far.example", "far.example", 2222),
        ("ssh -R 9022:localhost:22 ssh://me@far.example:8022", "far.example", 8022),
        ("ssh -R /tmp/s:/tmp/t far.example", "far.example", 22),
        ("ssh -O forward -R 9022:localhost:22 far.example", "far.example", 22),
        ("ssh -4Cq -i key -l me -R 9022:localhost:22 far.example sleep 1000", "far.example", 22),
        ("autossh -M 0 -f -N -R 9022:localhost:22 far.example", "far.example", 22),
        ("autossh -M20000 -NR 9022:localhost:22 far.example", "far.example", 22),
        ("dbclient -y -N -R 9022:localhost:22 me@far.example", "far.example", 22),
        ("dbclient -yNR 9022:localhost:22 -p 443 far.example", "far.example", 443),
        ("plink -batch -P 443 -N -R 9022:localhost:22 me@far.example", "far.example", 443),
    ],
)
def test_remote_forwards_are_read_as_ssh_reads_them(line: str, host: str, port: int) -> None:
    command = parse(line)
    assert command.remote
    assert (command.host, command.port) == (host, port)
    assert not command.harmless


@pytest.mark.parametrize(
    "line",
    [
        "ssh far.example",
        "ssh git@git.example git-upload-pack 'repo.git'",
        "ssh -p 22 git@git.example \"git-receive-pack 'repo'\"",
        "ssh -L 8080:localhost:80 far.example",
        "ssh -NL 8080:db:5432 far.example",
        "ssh -W inner:22 far.example",
        "ssh -J jump.example far.example",
        "ssh -o RemoteCommand=none far.example",
        "ssh far.example grep -R 9022:localhost:22 .",
        "ssh -- far.example -R 9022:localhost:22",
        "ssh -i -R far.example",
        "ssh -oStrictHostKeyChecking=no far.example rsync --server -R . /srv",
        "autossh -M 0 -N -L 8080:localhost:80 far.example",
    ],
)
def test_honest_lines_show_no_remote_forward(line: str) -> None:
    command = parse(line)
    assert not command.remote
    assert not command.dynamic
    assert not command.tunnel


def test_other_options() -> None:
    assert parse("ssh -D 1080 far.example").dynamic == ["1080"]
    assert parse("ssh -w 0:0 far.example").tunnel
    assert parse("ssh -o Tunnel=ethernet far.example").tunnel
    assert not parse("ssh -o Tunnel=no far.example").tunnel
    assert parse("ssh -o ProxyCommand='nc %h %p' far.example").proxied
    assert parse("ssh -F /tmp/c far.example").config == "/tmp/c"
    assert parse("ssh -G -R 1:a:1 far.example").harmless
    assert parse("ssh -V").harmless
    assert parse("ssh -O exit far.example").harmless
    assert not parse("ssh -O check -O forward -R 9022:localhost:22 far.example").harmless, "the last one counts"
    assert parse("ssh -p 99999 far.example").port == 22


def test_a_client_is_known_by_file_or_by_argv() -> None:
    assert client_name("/usr/bin/ssh", ["x"]) == "ssh"
    assert client_name("/tmp/x", ["/usr/bin/ssh"]) == "ssh"
    assert client_name("/usr/bin/sshd", ["sshd"]) is None
    assert client_name("/usr/bin/x", []) is None


def test_a_renamed_ssh_is_known_by_its_forward() -> None:
    assert forward_like(shlex.split("s -NfR 9022:localhost:22 far.example"))
    assert forward_like(shlex.split("s far.example -R *:9022:127.0.0.1:22"))
    assert not forward_like(shlex.split("grep -R pattern src"))
    assert not forward_like(shlex.split("ls -R http://a:80:b"))
    assert not forward_like(shlex.split("cp -R a b"))


@settings(max_examples=200)
@given(st.sampled_from(["ssh", "autossh", "dbclient", "plink"]), st.lists(st.text(max_size=12), max_size=12))
def test_any_argv_is_read_without_raising(client: str, words: list[str]) -> None:
    command = parse_ssh(client, [client, *words])
    assert 0 < command.port < 65536
    forward_like([client, *words])


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["-N", "-f", "-q", "-4", "-T", "-C"]), max_size=4),
    st.lists(st.sampled_from([["-p", "443"], ["-i", "key"], ["-o", "BatchMode=yes"], ["-l", "me"]]), max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_a_forward_is_found_wherever_it_stands(flags: list[str], pairs: list[list[str]], glued: bool, after: bool) -> None:
    forward = ["-R9022:localhost:22"] if glued else ["-R", "9022:localhost:22"]
    bundle = ["-" + "".join(flag[1] for flag in flags) + forward[0][1:], *forward[1:]] if flags else forward
    options = [word for pair in pairs for word in pair]
    argv = ["ssh", *options, "far.example", *bundle] if after else ["ssh", *bundle, *options, "far.example"]
    command = parse_ssh("ssh", argv)
    assert command.remote == ["9022:localhost:22"]
    assert command.host == "far.example"
