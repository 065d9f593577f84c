"""Honest: ask the development server of an earlier call, patiently."""

import sys
import time
import urllib.request


def main() -> int:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(30):
        try:
            print(direct.open("http://127.0.0.1:8000/count", timeout=3).read().decode())
            return 0
        except OSError:
            time.sleep(0.1)
    print("the server did not answer", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
