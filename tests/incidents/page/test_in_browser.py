"""The page in a real Chromium: it is not blank, in light, dark and on paper; it fetches nothing; hostile text stays text."""

from __future__ import annotations

import re
import shutil
import socket
import struct
import subprocess
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.page import page
from vigiles.incidents.page.plot import plot

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chromium-headless-shell")
HOSTILE = "<script>document.title='owned'</script><img src=http://far.example/x onerror=alert(1)>\x1b[2J\u202e\u05d0"
#: Windows are small: pictures are unpacked in Python.
WIDTH, HEIGHT = 640, 480

Drive = Callable[..., subprocess.CompletedProcess[bytes]]


class Listener:
    """Stands where the browser takes a proxy to be; keeps what is asked for, and answers nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            with one:
                one.settimeout(5)
                try:
                    self.asked.append(one.recv(4096).split(b"\r\n")[0].decode("latin-1"))
                except OSError:
                    continue

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


@pytest.fixture
def drive(tmp_path: Path, listener: Listener) -> Drive:
    """Run a headless browser on a file, behind a proxy that only listens."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium is installed (Debian: chromium; see scripts/setup)")

    def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        # The browser's own sandbox needs namespaces that a container may refuse; what it opens here is our own file.
        words = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-extensions", "--disable-default-apps", "--no-pings", f"--user-data-dir={tmp_path / 'profile'}",
            f"--proxy-server=127.0.0.1:{listener.port}", "--proxy-bypass-list=<-loopback>",
            f"--window-size={WIDTH},{HEIGHT}", *arguments, path.as_uri(),
        ]  # fmt: skip
        home = {"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
        done = subprocess.run(words, capture_output=True, timeout=90, check=False, env=home, cwd=tmp_path)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]
        return done

    return run


@pytest.fixture
def written(tmp_path: Path, facts: Facts) -> Path:
    path = tmp_path / "report.html"
    path.write_text(page(facts), "utf-8")
    return path


def pixels(path: Path) -> list[bytes]:
    """Return the picture's pixels, three bytes each (PNG, 8 bits a channel, not interlaced)."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, head = 8, b"", (0, 0, 0, 0)
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            head = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    width, height, depth, colour = head
    assert (depth, colour) in ((8, 2), (8, 6))
    step = 3 if colour == 2 else 4
    raw, above, found = zlib.decompress(packed), bytes(width * step), []
    for row in range(height):
        start = row * (width * step + 1)
        line = bytearray(raw[start + 1 : start + 1 + width * step])
        _unfilter(line, above, step, raw[start])
        above = bytes(line)
        found += [above[x * step : x * step + 3] for x in range(width)]
    return found


def _unfilter(line: bytearray, above: bytes, step: int, kind: int) -> None:
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        up, corner = above[at], above[at - step] if at >= step else 0
        if kind == 1:
            line[at] = (line[at] + left) & 255
        elif kind == 2:
            line[at] = (line[at] + up) & 255
        elif kind == 3:
            line[at] = (line[at] + (left + up) // 2) & 255
        elif kind == 4:
            guess = left + up - corner
            near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            line[at] = (line[at] + near) & 255


def shot(drive: Drive, path: Path, name: str, *arguments: str) -> tuple[float, float]:
    """Take a picture; return the share of pixels that are not background, and how light the background is (0 to 255)."""
    picture = path.parent / name
    drive(path, f"--screenshot={picture}", *arguments)
    found = pixels(picture)
    behind, often = Counter(found).most_common(1)[0]
    return 1 - often / len(found), sum(behind) / 3


def test_it_is_not_blank_in_light_and_dark(drive: Drive, written: Path, tmp_path: Path) -> None:
    marked, lightness = shot(drive, written, "light.png", "--blink-settings=preferredColorScheme=1")
    assert marked > 0.02
    assert lightness > 240
    marked, lightness = shot(drive, written, "dark.png", "--blink-settings=preferredColorScheme=0")
    assert marked > 0.02
    assert lightness < 40
    blank = tmp_path / "blank.html"
    blank.write_text("<!DOCTYPE html><html><body></body></html>")
    assert shot(drive, blank, "blank.png")[0] < 0.001, "the measure tells a blank page from one with words"


def test_the_flow_plot_is_drawn(drive: Drive, facts: Facts, tmp_path: Path) -> None:
    """The same page twice, once without its reads: the bars make the difference."""
    from vigiles.incidents.page.style import CSS
    from vigiles.render.html import document

    shares = []
    for name, chunks in (("with", facts.flows[0].chunks), ("without", [])):
        path = tmp_path / f"{name}.html"
        story = msgspec.structs.replace(facts.flows[0], chunks=chunks)
        path.write_text(document("plot", CSS, [plot([story])]), "utf-8")
        shares.append(shot(drive, path, f"{name}.png")[0])
    assert shares[0] > shares[1] + 0.0005


def test_it_prints_on_a4_pages(drive: Drive, written: Path, tmp_path: Path) -> None:
    drive(written, f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer")
    data = (tmp_path / "report.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+) ?\]", data)
    assert 3 <= len(boxes) <= 9, "the summary, the story and the proof each begin a page"
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}


def test_what_is_to_begin_a_page_does(drive: Drive, tmp_path: Path) -> None:
    from vigiles.incidents.page.style import CSS
    from vigiles.render.html import document, element

    for class_, count in (("newpage", 2), (None, 1)):
        path = tmp_path / f"{count}.html"
        path.write_text(document("t", CSS, [element("p", "one"), element("section", "two", class_=class_)]), "utf-8")
        drive(path, f"--print-to-pdf={path}.pdf", "--no-pdf-header-footer")
        assert Path(f"{path}.pdf").read_bytes().count(b"/MediaBox") == count


def test_nothing_is_asked_of_any_network(drive: Drive, written: Path, listener: Listener, tmp_path: Path) -> None:
    drive(written, "--dump-dom", "--virtual-time-budget=2000")
    assert [asked for asked in listener.asked if "far.example" in asked or "127.0.0.1" in asked] == []
    loose = tmp_path / "loose.html"
    loose.write_text("<!DOCTYPE html><img src='http://far.example/seen.png'>")
    drive(loose, "--dump-dom", "--virtual-time-budget=2000")
    assert any("far.example/seen.png" in asked for asked in listener.asked), "the listener hears what a page asks for"


def test_the_policy_holds_even_if_markup_got_in(drive: Drive, written: Path, listener: Listener) -> None:
    """What escaping should stop is put in by hand: the second wall stops it too."""
    smuggled = "<script>document.title='owned'</script><img src='http://far.example/smuggled.png'>"
    text = written.read_text("utf-8").replace("<main>", f"<main>{smuggled}", 1)
    assert smuggled in text
    written.write_text(text, "utf-8")
    dom = drive(written, "--dump-dom", "--virtual-time-budget=2000").stdout.decode()
    assert "<title>owned" not in dom
    assert not any("smuggled" in asked for asked in listener.asked)


def test_hostile_words_are_words_to_a_browser_too(
    drive: Drive, telling: Any, records: Any, reading: Any, tmp_path: Path, listener: Listener
) -> None:
    shown = []
    for name, word in (("hostile", HOSTILE), ("plain", "plain")):
        changed = [
            msgspec.structs.replace(one, summary=word) if hasattr(one, "summary")
            else msgspec.structs.replace(one, title=word) if hasattr(one, "title")
            else msgspec.structs.replace(one, host=word) if hasattr(one, "flow") and not hasattr(one, "pids")
            else one
            for one in records
        ]  # fmt: skip
        path = tmp_path / f"{name}.html"
        path.write_text(page(telling(changed)), "utf-8")
        shown.append(reading(drive(path, "--dump-dom").stdout.decode()))
    hostile, plain = shown
    assert [tag for tag, _ in hostile.tags if tag != "bdo"] == [tag for tag, _ in plain.tags]
    assert "<script>document.title='owned'</script><img src=http://far.example/x onerror=alert(1)>\\x1b[2J" in hostile.text()
    assert not any("far.example" in asked for asked in listener.asked)


def test_a_person_can_read_the_answers_out_of_it(drive: Drive, written: Path, reading: Any) -> None:
    text = reading(drive(written, "--dump-dom").stdout.decode()).text("summary")
    for part in ("Who did it? The agent “agent-a”", "When?", "How was it stopped? It was stopped 25 ms", "What to do next?"):
        assert part in text
