"""Ordinary files that others run or obey under another name, because the work directory says so already.

A hook may be a link to ``scripts/pre-commit``, ``AGENTS.md`` one to ``docs/guide.md``; git's configuration may name a folder
of hooks, a further configuration, a program. Who may write there writes the hook. So a path has the flags, too, of each
place by which the work directory leads to it. What the agent links itself has its flags by its own name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from vigiles.kernel import paths
from vigiles.model.observation.files import FileFlag
from vigiles.ruleset.flags import file_flags, link_flags

#: Entries of the work directory that are looked at for links.
MOST = 50_000
_CONFIG_BYTES = 1 << 20
_SKIPPED = frozenset({"node_modules"})
_IN_GIT = ("hooks", "info")
_SECTION = re.compile(r'\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\](.*)', re.DOTALL)
_SETTING = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*(.*)", re.DOTALL)
#: Settings, in any section, whose words git runs or reads as its own; so are all aliases.
_RUN = frozenset(
    {"askpass", "attributesfile", "clean", "cmd", "command", "driver", "editor", "external", "fsmonitor", "gitproxy"}
    | {"helper", "pager", "process", "program", "smudge", "sshcommand", "textconv"}
)
#: A word of a command line, and the whole of a setting, quoted or with a remark behind it.
_WORD = re.compile(r"""[^\s"'`;&|()<>!]+""")
_WHOLE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^;#]*)')


class Aliases:
    """Of one work directory, as it stands when it is first asked. ``flags`` is :func:`file_flags` with its aliases.

    The work directory may be hostile: links are read and never followed to be opened, and nothing but git's configuration
    is read. ``gaps``: what was not looked at, and how often; beyond :data:`MOST` entries links are not known.
    """

    def __init__(self, workdir: str) -> None:
        self._root = os.path.realpath(workdir)
        self._known: dict[str, set[str]] | None = None
        self.gaps: dict[str, int] = {}

    def flags(self, path: str) -> list[FileFlag]:
        """Return the flags of a path relative to the work directory. The first time this looks at the work directory."""
        if self._known is None:
            self._known = {}
            for target, name in (*self._links(), *self._configured()):
                self._known.setdefault(target, set()).add(name)
        found = file_flags(path)
        if not self._known:
            return found
        parts = os.path.normpath(path).split("/")
        for at in range(1, len(parts) + 1):
            for name in self._known.get("/".join(parts[:at]), ()):
                found += file_flags("/".join((name, *parts[at:])))
        return list(dict.fromkeys(found))

    def _links(self) -> Iterator[tuple[str, str]]:
        """Give (where it leads, its path) for each link that has a flag, or could have one below it."""
        waiting, seen = [""], 0
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(os.path.join(self._root, folder)))
            except OSError:
                continue
            for entry in entries:
                seen += 1
                if seen > MOST:
                    self.gaps["links of a large work directory"] = 1
                    return
                path = os.path.join(folder, entry.name)
                if entry.is_symlink():
                    if file_flags(path) or link_flags(path) or file_flags(f"{path}/any"):
                        yield from self._inside(os.path.realpath(os.path.join(self._root, path)), path)
                elif entry.is_dir(follow_symlinks=False) and _may_hold_links(folder, entry.name):
                    waiting.append(path)

    def _configured(self) -> Iterator[tuple[str, str]]:
        """Give (a path, what it is as good as) for each path of the work directory that git's configuration names."""
        common = _common(os.path.join(self._root, ".git"))
        for name in ("config", "config.worktree"):
            for section, key, value in settings(_read(os.path.join(common, name)) or ""):
                hooks = (section, key) == ("core", "hookspath")
                include = (section, key) in (("include", "path"), ("includeif", "path"))
                if not (hooks or include or section == "alias" or key in _RUN):
                    continue
                for word in _words(value):
                    place = os.path.normpath(os.path.join(common if include else self._root, word))
                    if hooks or include or os.path.isfile(place):
                        yield from self._inside(os.path.realpath(place), ".git/hooks" if hooks else ".git/config")

    def _inside(self, place: str, name: str) -> Iterator[tuple[str, str]]:
        if place.startswith(self._root + "/"):
            target = place[len(self._root) + 1 :]
            if target != ".git" and not target.startswith(".git/"):
                yield target, name


def _may_hold_links(folder: str, name: str) -> bool:
    in_git = folder == ".git" or folder.endswith("/.git")
    return name in _IN_GIT if in_git else name not in _SKIPPED


def settings(text: str) -> Iterator[tuple[str, str, str]]:
    """Give (section, key, value) of a git configuration, lower case but for values; what is odd is left out."""
    section = ""
    for line in text.replace("\\\n", " ").splitlines():
        if header := _SECTION.match(line):
            section, line = header[1].lower(), header[3]
        if (setting := _SETTING.match(line)) and section:
            yield section, setting[1].lower(), setting[2].strip()


def _words(value: str) -> list[str]:
    """Return what of a setting could be a path: each word, and the whole."""
    whole = _WHOLE.match(value)
    words = [*_WORD.findall(value)[:64], *(whole.groups("") if whole else ())]
    return [word for word in map(str.strip, words) if word.strip("./") and "\0" not in word]


def _common(git: str) -> str:
    """Return the folder with the configuration: ``.git``, or where a file of that name leads."""
    said = _read(git)
    if said is None or not said.startswith("gitdir:"):
        return git
    there = os.path.join(os.path.dirname(git), said.removeprefix("gitdir:").strip("\n").strip())
    common = _read(os.path.join(there, "commondir"))
    return there if common is None else os.path.normpath(os.path.join(there, common.strip("\n")))


def _read(path: str) -> str | None:
    """Return the text of a small regular file, None for anything else."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        fd = paths.open_regular(handle)
    except OSError:  # also what is no regular file
        return None
    finally:
        os.close(handle)
    try:
        return os.read(fd, _CONFIG_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return None
    finally:
        os.close(fd)
