"""An image unpacked by the guide's own command is a root: two layers, of which the second deletes and changes files."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.runtime.outcome import Outcome

pytestmark = pytest.mark.cell

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "rootfs.md"
COMMAND = "umoci unpack --rootless --image img:latest bundle"
_TYPE = "application/vnd.oci.image."


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    return member


def _of_folder(folder: Path) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as layer:
        layer.add(folder, arcname=".", filter=_owned_by_root)
    return data.getvalue()


def _of_files(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as layer:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            layer.addfile(member, io.BytesIO(content))
    return data.getvalue()


def _image(folder: Path, layers: list[bytes]) -> None:
    """Write an OCI image layout (image-spec 1.0) with one image, ``latest``."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": _TYPE + kind, "digest": f"sha256:{digest}", "size": len(data)}

    digests = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": digests}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": _TYPE + "manifest.v1+json",
        "config": blob(json.dumps(config).encode(), "config.v1+json"),
        "layers": [blob(gzip.compress(layer), "layer.v1.tar+gzip") for layer in layers],
    }
    listed = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    listed["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [listed]}))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))


@pytest.mark.skipif(shutil.which("umoci") is None, reason="umoci is not installed: scripts/setup")
def test_an_unpacked_image_is_a_root(
    busybox_root: Callable[[], Path], short_folder: Callable[[str], Path], workdir: Path, home: Path
) -> None:
    folder, base = short_folder("i"), busybox_root()
    (base / "etc" / "gone").write_text("deleted by the second layer")
    _image(folder / "img", [_of_folder(base), _of_files({"etc/.wh.gone": b"", "etc/os-release": b"ID=second\n"})])
    assert COMMAND in GUIDE.read_text("utf-8")
    subprocess.run(COMMAND.split(), cwd=folder, check=True, capture_output=True, timeout=60)

    async def go() -> Outcome:
        root = folder / "bundle" / "rootfs"
        async with open_episode(profile="no-network", workdir=workdir, home=home, rootfs=root, root_inside=True) as episode:
            return await episode.call(
                ["sh", "-c", "id -un; cat /etc/os-release; ls /etc/gone; echo x > /etc/gone && cat /etc/gone"]
            )

    done = asyncio.run(go())
    assert done.stdout == b"root\nID=second\nx\n", done.stderr
