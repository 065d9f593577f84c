"""Stand where the door stands: bind its ports with SO_REUSEADDR and SO_REUSEPORT, on its address, on all, on IPv6. Succeeds
if a connection to the door's address then reaches us.
"""

import select
import socket

import say
import twins


def taken(family, kind, where, option):
    with socket.socket(family, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(where)
        asking = socket.socket(socket.AF_INET, kind)
        asking.settimeout(2)
        with asking:
            if kind == socket.SOCK_STREAM:
                sock.listen(8)
                came = 0
                for _ in range(8):  # a shared port spreads connections
                    with socket.create_connection(("127.0.0.1", where[1]), timeout=2):
                        came += bool(select.select([sock], [], [], 0.05)[0])
                return came > 0
            asking.sendto(b"who is there", ("127.0.0.1", where[1]))
            return bool(select.select([sock], [], [], 0.2)[0])


def attack(given):
    done, errors = [], []
    places = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
    ports = [(socket.SOCK_STREAM, 3128), (socket.SOCK_STREAM, 3129), (socket.SOCK_STREAM, 3130)]
    ports += [(socket.SOCK_STREAM, 53), (socket.SOCK_DGRAM, 53)]
    for family, address in places:
        for kind, port in ports:
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                try:
                    if taken(family, kind, (address, port), option):
                        done.append(f"{address}:{port}")
                except OSError as error:
                    errors.append(error.errno)
    return bool(done), f"taken: {done}; errors: {sorted(set(errors))}"


def twin(given):
    """Servers of one's own share a port."""

    def shared():
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return sock

    return twins.loopback(shared)


say.main("take_ports", attack, twin)
