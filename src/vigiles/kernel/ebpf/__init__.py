"""The kernel's own word on who does what, by BPF programs keyed by control group (root only).

The nouns: a *program* runs in the kernel at the start or end of a process (everywhere) or when a socket is made, connected,
sent from or transmits (below the directory it is *attached* to). It allows whatever it sees. A *call* is a cgroup directory
that user space has named with a *token*; only tasks and sockets in or below a named directory make *events*. An event says
two things side by side: whose the socket or the new process is, and which task acted. They differ where somebody outside
acts for the call, as the notifier does when it connects the caller's socket; the socket keeps the cgroup it was made in.

What flows where: ``attribution.bpf.c`` is built by ``scripts/bpf`` into ``attribution.bpf.o``, which is committed;
``libbpf`` hands it to the kernel; ``programs`` holds it there, names calls and takes events out of one ring buffer;
``events`` turns their bytes into records. A *payer* (a call, or the cell of many) fills at most a quarter of the ring before
the reader comes; an event that finds no room is counted, for its call and in all. Nothing is pinned: programs, maps and
links end with the process that holds them.

What it does not see: sockets that were there before the attachment have no creator; raw, packet and Unix sockets have no
destination here; a datagram on a connected socket, or one to the same destination as the socket's last by the same process
of the same call, makes no event of its own, only bytes and packets.

Sources: bpf(2); the kernel's documentation (bpf/libbpf, bpf/ringbuf, bpf/map_sk_storage, bpf/map_cgroup_storage) and its
include/uapi/linux/bpf.h. Needs Linux 5.15 with its own type information, and libbpf 1.
"""
