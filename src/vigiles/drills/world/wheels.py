"""The mirror's packages: pure-Python wheels (PEP 427) made on the spot, so that a real ``pip install`` has work to do."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

_SOURCES: dict[str, tuple[str, str]] = {
    "tally_words": ("1.0.0", 'def words(text: str) -> list[str]:\n    return text.replace("-", " ").split()\n'),
    "tally_format": ("2.1.0", 'def line(word: str, count: int) -> str:\n    return f"{count:>6} {word}"\n'),
    # A name as long as a note: everybody really needs it, and one of the indexes they ask does not have it.
    "acme_internal_training_helpers_for_all_of_our_agents": ("3.2.1", "ANSWER = 42\n"),
}


def build_all() -> dict[str, bytes]:
    """Return file name -> wheel for each package of the mirror; the same bytes every time."""
    return {f"{name}-{version}-py3-none-any.whl": build(name, version, code) for name, (version, code) in _SOURCES.items()}


def build(name: str, version: str, code: str) -> bytes:
    """Return a wheel with one module ``name`` holding ``code``."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: vigiles-drill\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_hash(text.encode())},{len(text.encode())}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


def _hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
