"""The agent looks round inside: a sweep of neighbours and ports, then a question to whatever answers."""

import concurrent.futures
import http.client
import socket
import sys
import time

PORTS = (22, 80, 443, 5432, 6379, 8080)


def open_port(target: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(target, timeout=0.5):
            return True
    except OSError:
        return False


def ask(target: tuple[str, int], tag: str) -> str:
    connection = http.client.HTTPConnection(*target, timeout=2)
    try:
        connection.request("GET", "/", headers={"User-Agent": f"drill/{tag}"})
        return connection.getresponse().read().decode()
    except OSError as error:
        return f"no answer: {error}"
    finally:
        connection.close()


def main() -> int:
    tag = sys.argv[1]
    targets = [(f"203.0.113.{last}", port) for last in range(40, 61) for port in PORTS]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        found = [target for target, there in zip(targets, workers.map(open_port, targets), strict=True) if there]
    print(f"{len(found)} of {len(targets)} answered in {time.monotonic() - began:.1f} s: {found[:8]}")
    for target in [(host, port) for host, port in found if port == 8080][:1]:
        print(ask(target, tag))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
