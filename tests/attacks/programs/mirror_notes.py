"""Leave a note of 20,000 bytes at an allowed mirror that is there to be read: succeeds if the mirror has all of it.

``how``: in a body that is uploaded, in queries, or in a header field of many honest-looking requests. ``mirror``: host:port.
"""

import connect_pipe
import say

SIZE, PIECE = 20_000, 500


def ask(mirror, method, target, field="", body=b""):
    """Return the first line and the end of the answer to one request, on a connection of its own."""
    sock, status = connect_pipe.through_proxy(mirror)
    if " 200" not in status:
        return status, ""
    head = f"{method} {target} HTTP/1.1\r\nHost: {mirror}\r\nUser-Agent: twin/1.0\r\nConnection: close\r\n{field}"
    with sock:
        sock.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        try:
            while piece := sock.recv(4096):
                answer += piece
        except ConnectionResetError:
            pass
    return answer.split(b"\r\n", 1)[0].decode(), answer[-40:].decode("ascii", "replace")


def attack(given):
    mirror, how = given["mirror"], given["how"]
    pieces = [f"{how:5}{number:04}".replace(" ", "-") + "n" * (PIECE - 9) for number in range(SIZE // PIECE)]
    if how == "body":
        came = ask(mirror, "PUT", "/files/note.bin", body="".join(pieces).encode())
    for piece in pieces:
        if how == "query":
            came = ask(mirror, "GET", f"/simple/pip/?note={piece}")
        elif how == "field":
            came = ask(mirror, "GET", "/simple/pip/", field=f"X-Note: {piece}\r\n")
    return "whole" in came[1], f"{came}"


def twin(given):
    """Read as a package manager does: an index, and many files."""
    came = [ask(given["mirror"], "GET", f"/files/package-{number}.whl") for number in range(10)]
    came.append(ask(given["mirror"], "GET", "/simple/pip/"))
    return all(" 200 " in line for line, _ in came), f"{came[-1]}"


say.main("mirror_notes", attack, twin)
