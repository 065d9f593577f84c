"""Who set what in a persistent shell: the call that last set each function, alias, trap, variable and option."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vigiles.model.observation.shell import Planted, ShellKind
from vigiles.model.plain import text
from vigiles.runtime.shells.state import ShellState, is_code

_NAME = 128
#: Variables that shells, loaders, interpreters and everyday tools obey or run.
_OBEYED = frozenset(
    b"PATH ENV BASH_ENV PROMPT_COMMAND PS0 PS1 PS2 PS4 IFS CDPATH SHELLOPTS LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT "
    b"PYTHONPATH PYTHONSTARTUP PYTHONHOME PERL5LIB PERL5OPT RUBYOPT RUBYLIB NODE_OPTIONS NODE_PATH JAVA_TOOL_OPTIONS "
    b"CLASSPATH GIT_SSH GIT_SSH_COMMAND GIT_EDITOR GIT_PAGER GIT_ASKPASS GIT_EXTERNAL_DIFF GIT_CONFIG_GLOBAL "
    b"GIT_CONFIG_COUNT GIT_EXEC_PATH GIT_TEMPLATE_DIR EDITOR VISUAL PAGER LESSOPEN BROWSER SSH_ASKPASS SUDO_ASKPASS "
    b"MAKEFLAGS CC CXX LD AR CFLAGS LDFLAGS RUSTC_WRAPPER CARGO_HOME PIP_INDEX_URL PIP_CONFIG_FILE npm_config_registry "
    b"http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY no_proxy NO_PROXY HOME XDG_CONFIG_HOME TMPDIR SHELL "
    b"GIT_DIR GIT_WORK_TREE GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_SYSTEM GIT_SEQUENCE_EDITOR "
    b"GIT_PROXY_COMMAND GIT_ATTR_SOURCE PYTHONBREAKPOINT PYTHONWARNINGS PYTHONUSERBASE PYTHONINSPECT PERL5DB LESS "
    b"LESSCLOSE LESSKEY MANPAGER SYSTEMD_PAGER MAKE MAKEFILES GNUMAKEFLAGS TAR_OPTIONS GCONV_PATH GLIBC_TUNABLES "
    b"RUSTFLAGS RUSTC GOFLAGS GOPROXY GOENV SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS "
    b"CURL_HOME CURL_CA_BUNDLE WGETRC INPUTRC KUBECONFIG DOCKER_CONFIG DOCKER_HOST AWS_CONFIG_FILE XDG_DATA_DIRS "
    b"XDG_CONFIG_DIRS XDG_DATA_HOME BASH_LOADABLES_PATH EXECIGNORE GLOBIGNORE MAILPATH MAIL FCEDIT GREP_OPTIONS "
    b"CMAKE_TOOLCHAIN_FILE".split()
)
#: Whatever begins so is another setting of git's, pip's, npm's, cargo's or uv's.
_OBEYED_FAMILIES = ("GIT_CONFIG_", "PIP_", "npm_config_", "NPM_CONFIG_", "CARGO_", "UV_", "RUSTC_", "LD_")
_CODE = ("function", "alias", "trap")


@dataclass(frozen=True)
class Change:
    """What one call set and what it took away, each with its kind and name as bytes."""

    changed: tuple[tuple[ShellKind, bytes], ...]
    removed: tuple[tuple[ShellKind, bytes], ...]


class History:
    """Of one shell, by the states that its calls handed on."""

    def __init__(self) -> None:
        self._calls: dict[tuple[ShellKind, bytes], int] = {}
        self._code: frozenset[str] = frozenset()

    def taken(self, call: int, before: ShellState, after: ShellState) -> Change:
        """Take in what ``call`` left; what the shell began with counts as call 0."""
        old, new = _things(before), _things(after)
        for key in old:
            self._calls.setdefault(key, 0)
        changed = tuple(key for key, value in new.items() if old.get(key) != value)
        removed = tuple(key for key in old if key not in new)
        for key in changed:
            self._calls[key] = call
        for key in removed:
            del self._calls[key]
        self._code = frozenset(text(name) for name, value in after.of("variable") if is_code(value))
        return Change(changed, removed)

    def call_of(self, name: str, kind: ShellKind | None = None) -> int | None:
        """Return the call that last set something of this name; 0: the shell began with it; None: there is no such thing."""
        wanted = name.encode("utf-8", "surrogateescape")
        calls = [call for (its, other), call in self._calls.items() if other == wanted and kind in (None, its)]
        return max(calls, default=None)

    def planted(self) -> list[Planted]:
        """Return everything that stands in the shell and was set by a call, oldest first."""
        return named(sorted(((key, call) for key, call in self._calls.items() if call), key=lambda pair: pair[1]))

    def in_force(self) -> list[Planted]:
        """Return what calls have set that acts by itself: functions, aliases, traps, and variables that programs obey.

        Variables too in whose place the shell runs what they hold: namerefs with a key, integers whose value is no number.
        """
        return [one for one in self.planted() if one.kind in _CODE or (one.kind == "variable" and self._is_obeyed(one.name))]

    def _is_obeyed(self, name: str) -> bool:
        return name.encode() in _OBEYED or name in self._code or name.startswith(_OBEYED_FAMILIES)


def named(keys: Iterable[tuple[tuple[ShellKind, bytes], int]]) -> list[Planted]:
    """Return kinds, names and calls as records hold them; a name is cut at 128 characters."""
    return [Planted(kind=kind, name=text(name)[:_NAME], call=call) for (kind, name), call in keys]


def _things(state: ShellState) -> dict[tuple[ShellKind, bytes], object]:
    things: dict[tuple[ShellKind, bytes], object] = {
        (kind, name or kind.encode()): x for (kind, name), x in state.entries.items()
    }
    for name, flags in state.flags:
        things[("function", name)] = (flags, state.text("function", name))
    things[("arguments", b"arguments")] = state.arguments
    things[("directories", b"directories")] = state.directories
    return things
