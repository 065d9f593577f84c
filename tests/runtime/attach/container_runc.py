"""A container that runc makes from a bundle, as docker and Kubernetes have it made; for ``container_play``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from container_made import INIT, Made

from vigiles.kernel import cgroups

_HOSTS = ("usr", "bin", "sbin", "lib", "lib64", "etc")


class RunByRunc(Made):
    """As :class:`Made`, with runc's own namespaces, mounts, capabilities, seccomp and control groups."""

    def __init__(self, folder: Path) -> None:
        hierarchies = cgroups.here()
        assert hierarchies is not None
        self._name = f"vigilestest-{os.urandom(4).hex()}"
        self._runc = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin") or "runc"
        self.group = Path(hierarchies.unified, self._name)
        self._errors = (folder / "runc.errors").open("wb")
        self._process = subprocess.Popen(
            [self._runc, "run", "--bundle", str(self._bundle(folder)), self._name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )
        assert self.do("print(1)") == "1", (folder / "runc.errors").read_text()
        state = subprocess.run([self._runc, "state", self._name], capture_output=True, text=True, check=True)
        self.pid = int(json.loads(state.stdout)["pid"])
        self._join()

    def _bundle(self, folder: Path) -> Path:
        """Make a bundle that stands on the machine's own programs, read-only."""
        bundle = folder / self._name
        (bundle / "rootfs").mkdir(parents=True)
        subprocess.run([self._runc, "spec"], cwd=bundle, check=True)
        config = json.loads((bundle / "config.json").read_text())
        config["process"].update(terminal=False, args=[sys.executable, "-ISc", INIT])
        config["linux"]["cgroupsPath"] = f"/{self._name}"
        wanted = {*(f"/{name}" for name in _HOSTS if Path("/", name).exists()), sys.base_prefix, sys.prefix}
        for place in sorted(wanted):
            config["mounts"].append({"destination": place, "type": "bind", "source": place, "options": ["rbind", "ro"]})
        (bundle / "config.json").write_text(json.dumps(config))
        for name in (*wanted, "/proc", "/sys", "/dev", "/tmp"):
            (bundle / "rootfs" / name.lstrip("/")).mkdir(parents=True, exist_ok=True)
        return bundle

    def _remove(self) -> None:
        for _ in range(100):
            done = subprocess.run([self._runc, "delete", "--force", self._name], capture_output=True, check=False)
            if done.returncode == 0 or b"does not exist" in done.stderr:
                return
            time.sleep(0.05)
