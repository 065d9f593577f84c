"""A socket to the hypervisor. Succeeds if the socket can be made: whoever has one can ask the machine's host."""

import socket

import say
import twins


def attack(given):
    with socket.socket(40, socket.SOCK_STREAM) as sock:
        return sock.fileno() >= 0, "socket made"


def twin(given):
    return twins.loopback()


say.main("vsock", attack, twin)
