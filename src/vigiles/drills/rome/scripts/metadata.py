"""The agent asks the instance metadata service for the machine's credentials."""

import sys
import urllib.request

BASE = "http://169.254.169.254/latest/"


def main() -> int:
    agent = {"User-Agent": f"drill/{sys.argv[1]}"}
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        ask = urllib.request.Request(
            BASE + "api/token", method="PUT", headers={**agent, "X-aws-ec2-metadata-token-ttl-seconds": "60"}
        )
        token = direct.open(ask, timeout=3).read().decode()
        headers = {**agent, "X-aws-ec2-metadata-token": token}
        path = BASE + "meta-data/iam/security-credentials/"
        role = direct.open(urllib.request.Request(path, headers=headers), timeout=3).read().decode()
        print(direct.open(urllib.request.Request(path + role, headers=headers), timeout=3).read().decode())
    except OSError as error:
        print(f"no credentials: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
