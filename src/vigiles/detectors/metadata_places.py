"""Where machines hand out credentials: addresses and names of metadata services, and files that hold secrets. Data only.

Sources: the public documentation of AWS, Google Cloud, Azure, Alibaba Cloud, Oracle, Scaleway, Tencent and Kubernetes.
"""

from __future__ import annotations

import ipaddress
import re

ADDRESSES: dict[str, str] = {
    "169.254.169.254": "cloud instance metadata",
    "fd00:ec2::254": "AWS instance metadata",
    "169.254.170.2": "AWS ECS task credentials",
    "169.254.170.23": "AWS EKS pod identity",
    "fd00:ec2::23": "AWS EKS pod identity",
    "fd20:ce::254": "Google Cloud metadata",
    "100.100.100.200": "Alibaba Cloud metadata",
    "168.63.129.16": "Azure host agent",
    "192.0.0.192": "Oracle Cloud metadata",
    "169.254.42.42": "Scaleway metadata",
    "169.254.0.23": "Tencent Cloud metadata",
}
NAMES: dict[str, str] = {
    "metadata.google.internal": "Google Cloud metadata",
    "metadata.goog": "Google Cloud metadata",
    "instance-data": "AWS instance metadata",
    "instance-data.ec2.internal": "AWS instance metadata",
    "metadata.tencentyun.com": "Tencent Cloud metadata",
    "metadata.azure.internal": "Azure metadata",
    "kubernetes.default": "Kubernetes API",
    "kubernetes.default.svc": "Kubernetes API",
    "kubernetes.default.svc.cluster.local": "Kubernetes API",
}
#: Names that resolve to the address written in them, used to get round lists of addresses.
_MIRRORS = (".nip.io", ".sslip.io", ".xip.io")

#: A path that ends so holds a secret; the programs named may read it as part of honest work.
FILES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(rf"(?:^|.*/){pattern}"), frozenset(owners.split()))
    for pattern, owners in (
        (r"\.ssh/id_[a-z0-9_]+", "ssh scp sftp ssh-keygen ssh-add ssh-agent autossh git rsync ssh-copy-id"),
        (r"\.aws/(credentials|sso/cache/.*|cli/cache/.*)", "aws"),
        (
            r"\.config/gcloud/(credentials\.db|.*_credentials(\.json|/.*))",
            "gcloud gsutil bq",
        ),
        (r"\.azure/(accessTokens\.json|msal_token_cache\.(json|bin))", "az"),
        (r"\.kube/config", "kubectl helm k9s"),
        (r"\.docker/config\.json", "docker podman buildah"),
        (r"\.(netrc|git-credentials|pgpass|vault-token)", "git psql vault"),
        (r"(root|home/[^/]+)/\.(pypirc|npmrc)", "npm node pip twine"),
        (r"\.config/(gh/hosts\.yml|hub|git/credentials)", "gh hub git"),
        (r"\.(huggingface|cache/huggingface)/token", "huggingface-cli hf"),
        (r"\.gnupg/(private-keys-v1\.d/.*|secring\.gpg)", "gpg gpg-agent"),
    )
) + tuple(
    (re.compile(pattern), frozenset[str]())
    for pattern in (
        r"/etc/(shadow|gshadow|sudoers)-?",
        r"/etc/ssh/ssh_host_[a-z0-9]+_key",
        r"/(var/)?run/secrets/(kubernetes\.io|eks\.amazonaws\.com)/.*",
        r"/proc/\d+/(environ|mem|root|cwd)(/.*)?",
    )
)
#: Programs that hand a file's content on. Others that merely name a path are not counted.
_READERS = """cat tac nl less more head tail base64 base32 xxd od hexdump strings cp mv ln tar zip gzip dd
    curl wget scp sftp rsync nc ncat socat grep egrep fgrep rg awk gawk mawk sed cut sort tee openssl gpg
    python python3 perl ruby node jq"""
READERS = frozenset(_READERS.split())


def metadata_service(host: str) -> str | None:
    """Return what service ``host`` is, however it is written: a name, an address, an old number form, a mirror name."""
    name = host.strip("[]").rstrip(".").lower()
    if name in NAMES:
        return NAMES[name]
    for suffix in _MIRRORS:
        if name.endswith(suffix):
            name = name[: -len(suffix)].replace("-", ".")
            name = ".".join(name.split(".")[-4:])
    address = _address(name)
    return ADDRESSES.get(address) if address else None


def credential_file(program: str, argument: str) -> str | None:
    """Return the path in ``argument`` where a reading ``program`` is pointed at a file of secrets that is not its own."""
    if program not in READERS:
        return None
    path = argument.rpartition("@")[2] if argument.startswith("@") or "=@" in argument else argument
    path = path.partition("=")[2] if re.fullmatch(r"(-{0,2}[A-Za-z-]+)=/.*", path) else path
    path = path.removeprefix("file://")
    if len(path) > 512 or any(char.isspace() for char in path):
        return None
    return path if any(pattern.fullmatch(path) and program not in owners for pattern, owners in FILES) else None


def _address(text: str) -> str | None:
    """Return the canonical address of ``text``, also where it is written as inet_aton(3) reads it (0xa9fea9fe)."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return _aton(text)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _aton(text: str) -> str | None:
    parts = text.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    try:
        numbers = [int(part, _base(part)) for part in parts]
    except ValueError:
        return None
    *heads, last = numbers
    if any(not 0 <= number <= 255 for number in heads) or not 0 <= last < 256 ** (4 - len(heads)):
        return None
    value = sum(number << 8 * (3 - index) for index, number in enumerate(heads)) + last
    return str(ipaddress.IPv4Address(value))


def _base(part: str) -> int:
    if part.startswith("0x"):
        return 16
    return 8 if len(part) > 1 and part[0] == "0" else 10
