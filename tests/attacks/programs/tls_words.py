"""Words of HTTP, WebSockets and HTTP/2 that the attack inside TLS and its honest twin both speak."""


def request(given, start, body=b"", *fields):
    host = given["connect"]
    lines = [start, f"Host: {host}", *fields]
    lines += [f"Content-Length: {len(body)}"] if body and not fields else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def frame(payload):
    """A masked text frame (RFC 6455 section 5.2)."""
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload


def h2_frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def h2_request(given, method, path, ends):
    """The beginning of a connection of HTTP/2 (RFC 9113) and one request; fields are literals (RFC 7541 6.2.2)."""
    fields = ((":method", method), (":scheme", "https"), (":path", path), (":authority", given["connect"]))
    block = b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields
    )
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    return preface + h2_frame(4, 0, 0, b"") + h2_frame(1, 5 if ends else 4, 1, block)
