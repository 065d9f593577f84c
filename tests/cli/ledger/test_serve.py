from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from vigiles.ledger.mint import now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act

MAIN = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"


def vigiles(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", MAIN, *words], capture_output=True, text=True, timeout=60)


def test_serve_show_and_query(home: Path, short_folder: Callable[[str], Path]) -> None:
    with SyncRecorderClient(home) as client:
        client.append([Act(id=f"act-{n}", at=now(), principal="a", kind="tool_call", tool="x\x1b[2J") for n in range(3)])
    place = short_folder("s") / "desk.sock"
    words = ("ledger", "serve", "--home", str(home), "--socket", str(place))
    nobody = vigiles(*words)
    assert nobody.returncode == 100
    assert "names no readers" in nobody.stderr
    (home / "settings.toml").write_text('[readers]\nheaders = ["64400"]\n')
    serving = subprocess.Popen(
        [sys.executable, "-c", MAIN, *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        assert json.loads(serving.stdout.readline()) == {"serving": str(place)}
        shown = vigiles("ledger", "show", "act-1", "--socket", str(place), "--key", str(home / "ledger.vkey"))
        assert shown.returncode == 0, shown.stderr
        assert "\x1b" not in shown.stdout
        assert "NOT checked" not in shown.stdout
        assert "NOT checked" in vigiles("ledger", "show", "act-1", "--socket", str(place)).stdout
        listed = vigiles("ledger", "query", "--socket", str(place), "--limit", "2")
        assert listed.returncode == 0, listed.stderr
        assert "2 headers" in listed.stdout
        lines = vigiles("ledger", "query", "--socket", str(place), "--type", "act", "--json").stdout.splitlines()
        assert [json.loads(line)["id"] for line in lines] == ["act-0", "act-1", "act-2"]
        assert vigiles("ledger", "query", "--socket", str(place), "--host", "x").returncode == 100
        assert vigiles("ledger", "query", "--socket", str(place), "--all").returncode == 100
    finally:
        serving.send_signal(signal.SIGTERM)
        _, log = serving.communicate(timeout=30)
    assert serving.returncode == 0, log
    assert "show 'act-1'" in log
    assert not place.exists()
    assert vigiles("ledger", "show", "act-1", "--socket", str(place)).returncode == 106
