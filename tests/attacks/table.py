"""The attack table as data: which program, with which arguments, and what has to become of it.

Arguments are templates over the harness's facts (``{outside}``, ``{secret}`` ...; README.md lists them). ``outcome``:

- ``refused``: the program says ``"succeeded": false``; nothing reached the outside or the host;
- ``ended``: its call is ended while it is at it, by a budget that its result names;
- ``held``: it may succeed inside; the host's copy is unchanged after the call, and the change is shown and held at apply;
- ``reported``: it may succeed inside; the change is observed and attributed to its call;
- ``episode``: it may outlive its call, attributed to it; it is gone when the episode is over;
- ``residual``: tier U does not stop it, and the threat model says so.

``unguarded``: whether the attack works where nothing stops it (an ordinary user on a stock kernel); a text says why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["refused", "ended", "held", "reported", "episode", "residual"]


@dataclass(frozen=True)
class Row:
    """One attack. ``door``: the cell needs a network with one allowed host. ``stopped_by``: the wall that has to hold.

    An attempt on the network is either *found* (``found``: detectors of which one has to speak, on the attack's own call) or
    *unseen* (``unseen``: why no record of it can be made; ``as_root``: detectors that speak only in tier R).
    ``beside``: an honest program of another call of the same cell.
    ``face``: who plays it: the Python API, the agent of ``vigiles run``, or a shell of that agent. ``workdir``: the cell's
    work directory mode. ``alone``: nothing else is played meanwhile.
    """

    name: str
    program: str
    arguments: tuple[str, ...] = ()
    stopped_by: str = ""
    outcome: Outcome = "refused"
    door: bool = False
    unguarded: bool | str = True
    found: tuple[str, ...] = ()
    unseen: str = ""
    as_root: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    face: Literal["api", "agent", "shell"] = "api"
    workdir: Literal["overlay", "direct"] = "overlay"
    alone: bool = False


_ECHO = ("outside={outside}", "echo={echo}", "allowed_url={allowed_url}")
_DNS = ("outside={outside}", "dns={dns}", "allowed_host={allowed_host}")
_SSH = ("ssh_host={ssh_host}", "ssh_port={ssh_port}", "key={key}", "user={ssh_user}", "allowed_url={allowed_url}")
_POOL = ("pool={pool}", "allowed_url={allowed_url}")
_URL = ("allowed_url={allowed_url}",)
_FILE = ("workdir={workdir}",)
_TERMINATED = "door: TLS is terminated, each request is judged"
_NO_ROUTE = "network namespace and notifier"
_OUT = ("denied_egress",)
_TUNNEL = ("reverse_tunnel",)
_MINING = ("stratum",)
_NO_CALL = "seccomp refuses the call itself, and tells nobody"
_NO_PACKET = "sendto is not supervised, and resolvers connect UDP sockets to look for routes"
_LOOPBACK = "a connect inside the cell, as to any server of one's own"
_NEIGHBOUR = ("neighbour", "workdir={workdir}", "marker={neighbour}")
_OTHER = ("workdir={workdir}", "marker={neighbour}")

_INSIDE = ("connect={connect_8443}", "listed={connect_8445}", "ca={ca}", "allowed_url={allowed_url}")

ROWS: tuple[Row, ...] = (
    Row("a TCP to another address", "tcp_direct", _ECHO, _NO_ROUTE, found=_OUT),
    Row(
        "a TCP to the allowed host's address, another port",
        "tcp_direct",
        ("outside={allowed_address}", "echo={echo}", "allowed_url={allowed_url}"),
        "door: port",
        door=True,
        found=_OUT,
    ),
    Row("a TCP, non-blocking and twice", "tcp_nonblocking", _ECHO, _NO_ROUTE, found=_OUT),
    Row("a TCP, address changed while judged", "tcp_racing", _ECHO, _NO_ROUTE, found=_OUT, as_root=("disagreement",)),
    Row("a MPTCP", "mptcp", _ECHO, "seccomp: protocol", unseen=_NO_CALL),
    Row("a TCP Fast Open, plain and MPTCP", "fast_open", _ECHO, "seccomp: flags, option", unseen=_NO_CALL),
    Row("b DNS over UDP", "dns_udp", _DNS, "network namespace", unseen=_NO_PACKET, as_root=_OUT),
    Row("b DNS over TCP", "dns_tcp", _DNS, _NO_ROUTE, found=_OUT),
    Row(
        "b DNS through the cell's resolver",
        "dns_through_the_door",
        _DNS,
        "door: names",
        door=True,
        unguarded="no resolver",
        found=_OUT,
    ),
    Row("c reverse ssh, direct", "reverse_ssh", (*_SSH, "route=direct"), _NO_ROUTE, found=_TUNNEL),
    Row(
        "c reverse ssh through the allowed host",
        "reverse_ssh",
        (*_SSH, "route=connect", "connect={connect_443}"),
        "door: first flight",
        door=True,
        found=_TUNNEL,
    ),
    Row("d Stratum, direct", "stratum", (*_POOL, "route=direct"), _NO_ROUTE, found=_OUT),
    Row(
        "d Stratum, host's loopback",
        "stratum",
        ("pool=127.0.0.1:{pool_port}", "route=direct", "allowed_url={allowed_url}"),
        "network namespace",
        unseen=_LOOPBACK,
    ),
    Row(
        "d a server on the host's loopback",
        "host_loopback",
        ("port={loopback}", "marker={marker}"),
        "network namespace",
        unseen=_LOOPBACK,
    ),
    Row(
        "j Stratum through the allowed host",
        "stratum",
        (*_POOL, "route=connect", "connect={connect_443}"),
        "door: first flight",
        door=True,
        found=_MINING,
    ),
    Row(
        "j allowed name, port 3333",
        "stratum",
        (*_POOL, "route=connect", "connect={connect_3333}"),
        "door: port",
        door=True,
        found=_OUT,
    ),
    Row("q Stratum inside TLS", "in_tls", (*_INSIDE, "way=stratum"), _TERMINATED, door=True, found=_MINING),
    Row("q SSH inside TLS", "in_tls", (*_INSIDE, "way=ssh"), _TERMINATED, door=True, found=_TUNNEL),
    Row("q a WebSocket inside TLS", "in_tls", (*_INSIDE, "way=websocket"), _TERMINATED, door=True, found=_OUT),
    Row("q SSH in the bodies of polls", "in_tls", (*_INSIDE, "way=poll"), _TERMINATED, door=True, found=_TUNNEL),
    Row("q SSH in a stream of HTTP/2", "in_tls", (*_INSIDE, "way=stream"), _TERMINATED, door=True, found=_TUNNEL),
    Row("q a host behind the host", "in_tls", (*_INSIDE, "way=fronting"), _TERMINATED, door=True, found=_OUT),
    Row("q a second request in a body", "in_tls", (*_INSIDE, "way=smuggling"), _TERMINATED, door=True, found=_OUT),
    Row(
        "q a host with another's certificate",
        "in_tls",
        ("connect={connect_8444}", "ca={ca}", "allowed_url={allowed_url}", "way=name"),
        _TERMINATED,
        door=True,
        found=_OUT,
    ),
    Row(
        "p an upload to a mirror that is read only",
        "mirror_notes",
        ("mirror={mirror}", "how=body"),
        "door: request rules",
        door=True,
        found=_OUT,
    ),
    Row(
        "p a note in queries to a mirror",
        "mirror_notes",
        ("mirror={mirror}", "how=query"),
        "door: request rules",
        door=True,
        found=_OUT,
    ),
    Row(
        "p a note in header fields to a mirror",
        "mirror_notes",
        ("mirror={mirror}", "how=field"),
        "door: budget of bytes where nobody looks",
        door=True,
        found=_OUT,
    ),
    Row("e, k read a key, directly and by links", "read_key", ("secret={secret}", "marker={marker}", *_FILE), "mounts"),
    Row(
        "f write outside",
        "write_outside",
        ("folders={folders}", "marker_file={marker_file}", *_FILE),
        "mounts",
    ),
    Row("l shell start-up files", "startup_files", ("home={home}", "marker_file={marker_file}", *_FILE), "mounts"),
    Row("g docker.sock, other Unix sockets", "host_socket", ("paths={sockets}", "marker={marker}"), "mounts"),
    Row(
        "g a Unix socket in the work directory",
        "host_socket",
        ("paths={workdir_socket}", "marker={marker}"),
        "overlay (not in mode direct)",
    ),
    Row(
        "g a Unix socket that comes later, mode direct",
        "host_socket",
        ("paths={late_socket}", "marker={marker}"),
        "no shipped profile",
        outcome="residual",
        unguarded="it comes when the cell stands",
        workdir="direct",
        alone=True,
    ),
    Row("n abstract Unix socket", "host_socket", ("abstract={abstract}", "marker={marker}"), "network namespace"),
    Row("h fork bomb 1500", "fork_bomb", ("forks=1500",), "RLIMIT_NPROC", alone=True),
    Row("h 3 GiB memory", "memory_bomb", ("kind=private",), "RLIMIT_DATA", alone=True),
    Row(
        "h 3 GiB memory, shared",
        "memory_bomb",
        ("kind=shared", "touch=3221225472"),
        "looks at memory",
        outcome="ended",
        alone=True,
    ),
    Row("h 3 GiB memory, memfd", "memory_bomb", ("kind=memfd",), "RLIMIT_FSIZE", alone=True),
    Row("h 3 GiB memory, /dev/shm", "memory_bomb", ("kind=file",), "RLIMIT_FSIZE, size of tmpfs", alone=True),
    Row("i ptrace, environ, signal", "other_process", ("marker={process_marker}",), "pid namespace"),
    Row("i the cell's first process", "cell_init", (), "pid namespace, Landlock, dumpability", unguarded="no cell"),
    Row("k nested user namespace, clone3", "nested_namespace", (), "seccomp"),
    Row("k mounts, old and new interface", "new_mounts", _FILE, "seccomp"),
    Row("m io_uring", "io_uring", (), "seccomp"),
    Row("host keyring", "keyring", ("description={description}", "marker={marker}", *_FILE), "seccomp"),
    Row("proc connector", "process_events", ("wait=1",), "seccomp: netlink", unguarded="initial network namespace only"),
    Row("raw, packet and netlink sockets", "raw_sockets", (), "seccomp: families"),
    Row("secret environment", "environment", ("marker={secret_environment}",), "environment allow-list"),
    Row("inherited descriptors", "descriptors", (), "close-on-exec", unguarded="nothing is inherited"),
    Row("vsock", "vsock", (), "seccomp: families"),
    Row("int 0x80", "int80", (), "seccomp: architecture"),
    Row("x32", "x32", (), "seccomp: architecture", unguarded="needs a kernel with CONFIG_X86_X32"),
    Row("pidfd_getfd", "take_descriptor", (), "seccomp"),
    Row("open_by_handle_at", "file_handle", _FILE, "seccomp"),
    Row("TIOCSTI", "type_ahead", (), "seccomp: ioctl"),
    Row("l git hook", "plant", ("what=git_hook", *_FILE), "overlay", outcome="held"),
    Row("l git config", "plant", ("what=git_config", *_FILE), "overlay", outcome="held"),
    Row("l rename of .git", "plant", ("what=git_rename", *_FILE), "overlay", outcome="held"),
    Row("l script to which a git hook is a link", "plant", ("what=linked_hook", *_FILE), "overlay", outcome="held"),
    Row("l repository without its usual name", "plant", ("what=git_nameless", *_FILE), "overlay", outcome="held"),
    Row("l editor tasks", "plant", ("what=editor", *_FILE), "overlay", outcome="held"),
    Row("l agent configuration", "plant", ("what=agent", *_FILE), "overlay", outcome="held"),
    Row("l Makefile and other build files", "plant", ("what=build", *_FILE), "file observations", outcome="reported"),
    Row("a daemon outlives its call", "daemon", ("beat={beat}", "marker={daemon}"), "pid namespace", outcome="episode"),
    Row("k every namespace by unshare, clone, clone3", "every_namespace", (), "seccomp"),
    Row(
        "a from a process closed to watchers",
        "undumpable",
        (*_ECHO, *_FILE),
        _NO_ROUTE,
        found=_OUT,
    ),
    Row(
        "o the shim's socket, from a tool call",
        "shim_socket",
        _FILE,
        "shim server: the asker's call",
        unguarded="no cell",
        face="shell",
    ),
    Row(
        "o the door's transparent port, directly",
        "transparent_port",
        _URL,
        "door: no destination, no service",
        door=True,
        unguarded="no door",
        found=_OUT,
    ),
    Row("o the door's ports taken", "take_ports", (), "listening sockets that share with nobody", unguarded="no door"),
    Row(
        "o an answer before the name server's",
        "forged_answer",
        ("allowed_host={allowed_host}",),
        "port of the name server taken, and no raw sockets",
        door=True,
        unguarded="no resolver",
    ),
    Row(
        "o the door used up",
        "exhaust_door",
        (*_URL, "flows=200"),
        "door: limit of flows",
        door=True,
        unguarded="no door",
        alone=True,
    ),
    Row(
        "o another call's source port",
        "reused_port",
        (*_URL, *_OTHER, "full=40"),
        "registrations are used up by their connection",
        door=True,
        unguarded="no door",
        beside=_NEIGHBOUR,
        found=_OUT,
        alone=True,
    ),
    Row("o memory of another call", "other_call", (*_OTHER, "what=memory"), "Landlock, seccomp", beside=_NEIGHBOUR),
    Row("o environment of another call", "other_call", (*_OTHER, "what=environment"), "Landlock", beside=_NEIGHBOUR),
    Row("o an open file of another call", "other_call", (*_OTHER, "what=descriptor"), "Landlock", beside=_NEIGHBOUR),
    Row(
        "o the tag of another call",
        "other_call",
        (*_OTHER, "what=tag"),
        "Landlock, seccomp",
        unguarded="needs a capability",
        beside=_NEIGHBOUR,
    ),
    Row(
        "o command line of another call",
        "other_call",
        (*_OTHER, "what=command_line"),
        "one pid namespace for all calls of a cell",
        outcome="residual",
        beside=_NEIGHBOUR,
    ),
    Row("o a mebibyte of arguments", "big_argv", ("mark={big}",), "process observations", outcome="reported"),
    Row("o 600 programs in 2 s", "exec_flood", (), "process observations, gaps", outcome="reported", alone=True),
    Row(
        "o kill everything, process 1 too",
        "strike_all",
        (),
        "pid namespace",
        unguarded="would strike the whole account",
        alone=True,
    ),
    Row(
        "h the private disk filled",
        "fill_disk",
        (*_FILE, "bytes={disk_bytes}", "files={disk_files}"),
        "size of tmpfs",
        unguarded="would fill the machine's own disk",
        alone=True,
    ),
    Row("TIOCSTI on the agent's own terminal", "own_terminal", (), "seccomp: ioctl", unguarded="no terminal", face="agent"),
    Row(
        "inherited descriptors of an agent",
        "descriptors",
        (),
        "close-on-exec",
        unguarded="nothing is inherited",
        face="agent",
    ),
)
