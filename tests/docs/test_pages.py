"""Links resolve, paths and modules that pages name exist, and nothing private stands in them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|txt|cedar)|(?:src|tests|scripts|docs|\.ci|benchmarks)/[\w./-]+")
_MODULE = re.compile(r"vigiles(?:\.\w+)+")
#: Machine paths, and machines where packages or images are fetched from.
_PRIVATE = re.compile(r"(?<![\w.~-])/(?:work|root)/|\b(?:crates\.io|docker\.io|ghcr\.io|npmjs\.\w+|quay\.io)\b")


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", _prose(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    wrong = []
    for target in _LINK.findall(_prose(text)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in _anchors(path.read_text("utf-8"))):
            wrong.append(target)
    assert wrong == []


def test_named_files_exist(page: Path, root: Path) -> None:
    wrong = []
    for code in _CODE.findall(_prose(page.read_text("utf-8"))):
        if not _PATH.fullmatch(code) or "NAME" in code or code.endswith("/out/"):
            continue
        places = (root, root / "src" / "vigiles", page.parent, root / "docs")
        if not any((place / code).exists() for place in places):
            wrong.append(code)
    # A guide tells of files that its reader makes.
    assert page.parent.name == "guides" or wrong == []


def test_named_modules_exist(page: Path) -> None:
    wrong = []
    for code in _CODE.findall(_prose(page.read_text("utf-8"))):
        if _MODULE.fullmatch(code) and not _importable(code):
            wrong.append(code)
    assert wrong == []


def _importable(name: str) -> bool:
    """Whether ``name`` is a module, or something in one."""
    try:
        if importlib.util.find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    module, _, last = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(module), last)
    except ModuleNotFoundError:
        return False


def test_nothing_private_stands_in_a_page(page: Path) -> None:
    assert _PRIVATE.findall(page.read_text("utf-8")) == []


def test_the_readme_names_no_host_that_packages_come_from(root: Path) -> None:
    assert "pypi" not in (root / "README.md").read_text("utf-8").lower()


def test_every_page_can_be_reached_from_the_index(root: Path) -> None:
    seen: set[Path] = set()
    todo = [root / "docs" / "index.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = (target.partition("#")[0] for target in _LINK.findall(_prose(page.read_text("utf-8"))))
        todo += [(page.parent / name).resolve() for name in targets if name and not name.startswith("http")]
    assert set((root / "docs").rglob("*.md")) - seen == set()


def test_a_broken_link_would_be_seen(tmp_path: Path, root: Path) -> None:
    page = tmp_path / "page.md"
    for text, check in (
        ("[gone](gone.md)", lambda: test_links_lead_somewhere(page)),
        ("[gone](#gone)", lambda: test_links_lead_somewhere(page)),
        ("`src/vigiles/gone.py`", lambda: test_named_files_exist(page, root)),
        ("`vigiles.gone`", lambda: test_named_modules_exist(page)),
        ("see /wor" + "k/main", lambda: test_nothing_private_stands_in_a_page(page)),
    ):
        page.write_text(text)
        assert _fails(check), text


def _fails(check: Any) -> bool:
    try:
        check()
    except AssertionError:
        return True
    return False
