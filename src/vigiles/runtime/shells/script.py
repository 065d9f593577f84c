"""The bash that a persistent shell's calls run: take up the last state, run the command, write the state down.

A call's shell is given two descriptors beside 0, 1 and 2. From ``INPUT`` it reads three texts, NUL between them: what takes
the state up, what writes it down, and the command. To ``CONTROL`` it writes the state as NUL-terminated fields, three and
three: kind, name, text. Every text is bash's own spelling (``declare -p``), which the next bash reads back. All of it is
evaluated inside the cell only. ``CONTROL`` is moved to ``OPEN``, where programs that the command starts do not inherit it.

Everything is called as ``builtin``, so a function or alias of the command's own in a builtin's place is not met.
"""

from __future__ import annotations

from vigiles.runtime.shells.state import AT_EXIT, Entry, ShellState, as_data

INPUT, CONTROL, OPEN = 253, 254, 251

#: The program of every call; constant, so that the act explains the process. The state's own noise is kept off 1 and 2.
BOOT = (
    f'IFS= builtin read -rd "" -u {INPUT} __vigiles; builtin eval "$__vigiles"; '
    'builtin eval "$BASH_EXECUTION_STRING"; { builtin eval "$__vigiles"; } >/dev/null 2>&1'
)
ARGV = ("bash", "--noprofile", "--norc", "-c", BOOT, "bash")

#: Redirecting CONTROL away makes bash keep a copy that programs do not inherit, at the first free number from 10 on; a
#: further copy inherits that trait.
_BEGIN = f"""\
IFS= builtin read -rd '' -u {INPUT} __vigiles
IFS= builtin read -rd '' -u {INPUT} BASH_EXECUTION_STRING
if [[ -e /proc/self/fd/10 ]]; then exec {OPEN}>&{CONTROL}; else {{ exec {OPEN}>&10; }} {CONTROL}>&-; fi
exec {INPUT}<&- {CONTROL}>&-
{{ builtin printf 'limits\\0before\\0'; builtin ulimit -Sa; builtin printf '\\0'; }} >&{OPEN}
"""

_SIGNALS = (
    "HUP INT QUIT USR1 USR2 PIPE ALRM TERM CHLD CONT TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR STKFLT SYS "
    "ABRT BUS FPE ILL SEGV TRAP EXIT ERR RETURN"
)

#: Bash's own: told by the kernel or the running shell, not by what a command did.
_NOT_CARRIED = (
    "BASH|BASHOPTS|BASHPID|BASH_ALIASES|BASH_ARGC|BASH_ARGV|BASH_ARGV0|BASH_CMDS|BASH_COMMAND|BASH_EXECUTION_STRING"
    "|BASH_LINENO|BASH_LOADABLES_PATH|BASH_MONOSECONDS|BASH_SOURCE|BASH_SUBSHELL|BASH_VERSINFO|BASH_VERSION|BASH_XTRACEFD"
    "|COMP_WORDBREAKS|COPROC|DIRSTACK|EPOCHREALTIME|EPOCHSECONDS|EUID|FUNCNAME|GROUPS|HISTCMD|LINENO|PIPESTATUS|PPID"
    "|RANDOM|SECONDS|SHELLOPTS|SRANDOM|UID|_|__vigiles*"
)

#: The trap on DEBUG and options come first: they would show in, and stop, what follows. The trap is not let near the state.
DUMP = rf"""
builtin printf 'trap\0DEBUG\0' >&{OPEN}
builtin trap -p DEBUG >&{OPEN}
builtin trap - DEBUG
builtin printf '\0' >&{OPEN}
builtin set +eux +o posix +o noclobber
builtin mapfile -t __vigiles_names < <(builtin compgen -v)
builtin mapfile -t __vigiles_unset <<<"$(builtin declare -p)"
builtin mapfile -t __vigiles_functions < <(builtin declare -F)
{{
builtin printf 'options\0set\0%s\0options\0shopt\0%s\0' "$__vigiles_set" "$__vigiles_shopt"
builtin printf 'umask\0\0'; builtin umask; builtin printf '\0'
builtin printf 'directory\0\0'; builtin pwd; builtin printf '\0'
builtin printf 'limits\0after\0'; builtin ulimit -Sa; builtin printf '\0'
for __vigiles_name in "${{DIRSTACK[@]:1}}"; do builtin printf 'directories\0\0%s\0' "$__vigiles_name"; done
for __vigiles_name in "$@"; do builtin printf 'arguments\0\0%s\0' "$__vigiles_name"; done
if (( ${{#FUNCNAME[@]}} )); then builtin printf 'lost\0locals\0'; builtin local -p; builtin printf '\0'; fi
for __vigiles_name in {_SIGNALS}; do
builtin printf 'trap\0%s\0' "$__vigiles_name"; builtin trap -p "$__vigiles_name"; builtin printf '\0'
done
for __vigiles_name in "${{!BASH_ALIASES[@]}}"; do
builtin printf 'alias\0%s\0%s\0' "$__vigiles_name" "${{BASH_ALIASES[$__vigiles_name]}}"
done
for __vigiles_name in "${{__vigiles_unset[@]}}"; do
case $__vigiles_name in *=*) continue ;; declare\ -*\ *) __vigiles_names+=("${{__vigiles_name##* }}") ;; esac
done
for __vigiles_name in "${{__vigiles_names[@]}}"; do
case $__vigiles_name in ''|[!a-zA-Z_]*|*[!a-zA-Z_0-9]*|{_NOT_CARRIED}) continue ;; esac
builtin printf 'variable\0%s\0' "$__vigiles_name"; builtin declare -p -- "$__vigiles_name"; builtin printf '\0'
done
for __vigiles_name in "${{__vigiles_functions[@]}}"; do
__vigiles_text=${{__vigiles_name#declare -}}
__vigiles_name=${{__vigiles_text#* }}
case $__vigiles_name in __vigiles*) continue ;; esac
builtin printf 'flags\0%s\0%s\0function\0%s\0' "$__vigiles_name" "${{__vigiles_text%% *}}" "$__vigiles_name"
builtin declare -f -- "$__vigiles_name"; builtin printf '\0'
done
builtin printf 'lost\0jobs\0'; builtin jobs -rp; builtin jobs -sp; builtin printf '\0'
for __vigiles_name in /proc/self/fd/*; do
__vigiles_name=${{__vigiles_name##*/}}
case $__vigiles_name in 0|1|2|{OPEN}|\*) continue ;; esac
__vigiles_text=
while builtin read -r __vigiles_key __vigiles_value; do
[[ $__vigiles_key != flags: ]] || __vigiles_text=$__vigiles_value
done < "/proc/self/fdinfo/$__vigiles_name"
if [[ $__vigiles_text ]] && ! (( 8#$__vigiles_text & 8#2000000 )); then
builtin printf 'lost\0descriptors\0%s\0' "$__vigiles_name"
fi
done
builtin printf 'end\0\0\0'
}} >&{OPEN} 2>/dev/null
"""

_STATUS = "__vigiles_status=$? __vigiles_set=$SHELLOPTS __vigiles_shopt=$BASHOPTS\n"
#: What the shell writes down behind each command; the file of a running bash's words, not a function, so that traps show.
SAVE = (
    _STATUS
    + "builtin set +f; builtin shopt -u failglob nocasematch\n"
    + DUMP
    + 'if [[ -z ${__vigiles_exiting-} ]]; then builtin trap - EXIT; builtin exit "$__vigiles_status"; fi\n'
)

_FORGET = (
    "builtin unset -v "
    + " ".join(
        f"__vigiles_{name}" for name in ("names", "unset", "functions", "name", "text", "key", "value", "set", "shopt")
    )
    + "\n"
)

#: Set by bash itself at a start, or by our change of directory, whatever the state says.
_BORN_WITH = "HOSTNAME HOSTTYPE IFS MACHTYPE OLDPWD OPTERR OPTIND OSTYPE PATH PS4 PWD SHELL SHLVL TERM"
_OPTIONS_BORN_WITH = ("braceexpand", "hashall", "interactive-comments")
#: A shell that executes nothing, one that ends by itself, and what cannot be set: never restored.
_OPTIONS_LEFT = {"noexec", "onecmd", "privileged", "restricted"}
_SHOPTS_LEFT = {"login_shell", "restricted_shell"}
#: Restored in front of the command itself, since they would show in, or stop, what stands between.
_LATE_OPTIONS = ("errexit", "verbose", "xtrace")
_LATE_TRAPS = ("DEBUG", "ERR", "RETURN")


def first() -> bytes:
    """Return what the first call takes up: aliases work as where a person sits, and a look at the start."""
    before = "__vigiles_set=$SHELLOPTS __vigiles_shopt=$BASHOPTS\n"
    text = _BEGIN + "builtin shopt -s expand_aliases\n" + before + DUMP + _FORGET
    return text.encode() + _on_exit(b"")


def take_up(state: ShellState, status: int) -> bytes:
    """Return the text that restores ``state`` and leaves ``$?`` as ``status``."""
    lines = [_BEGIN.encode(), b"builtin shopt -u ${BASHOPTS//:/ } 2>/dev/null\n"]
    lines.append(_directory(state.text("directory")))
    lines.append(b"builtin unset -v " + _BORN_WITH.encode() + b"\n")
    lines += [as_data(text) for _, text in state.of("variable")]
    lines.append(b"builtin umask " + quoted(state.text("umask").strip()) + b"\n")
    lines += [b"builtin pushd -n -- " + quoted(path) + b" >/dev/null\n" for path in reversed(state.directories)]
    lines += [b"builtin alias -- " + quoted(name + b"=" + text) + b"\n" for name, text in state.of("alias")]
    lines.append(b"builtin shopt -s extglob\n")
    lines += [text for _, text in state.of("function")]
    lines += [
        b"builtin declare -f" + flags + b" -- " + quoted(name) + b"\n"
        for name, flags in state.flags
        if flags.isalpha() and flags != b"f"
    ]
    lines.append(b"builtin shopt -u extglob\n")
    lines.append(b"builtin set -- " + b" ".join(map(quoted, state.arguments)) + b"\n")
    lines += [b"builtin shopt -s " + name + b"\n" for name in _names(state, "shopt", _SHOPTS_LEFT)]
    options = _names(state, "option", {*_OPTIONS_LEFT, *_LATE_OPTIONS})
    lines += [b"builtin set +o " + name.encode() + b"\n" for name in _OPTIONS_BORN_WITH if name.encode() not in options]
    lines += [b"builtin set -o " + name + b"\n" for name in options]
    lines += [b"builtin " + text for name, text in state.of("trap") if name.decode() not in (*_LATE_TRAPS, "EXIT")]
    lines.append(_on_exit(state.text("trap", b"EXIT")))
    lines.append(b"__vigiles_r() { builtin unset -f __vigiles_r; builtin return %d; }\n__vigiles_r\n" % (status & 0xFF))
    return b"".join(lines)


def prefix(state: ShellState | None) -> bytes:
    """Return what has to stand in front of the command, on its own first line."""
    if state is None:
        return b""
    late = [b"builtin " + state.text("trap", name.encode()).rstrip(b"\n") + b"; " for name in _LATE_TRAPS]
    parts = [text for text, name in zip(late, _LATE_TRAPS, strict=True) if state.text("trap", name.encode())]
    on = [name.encode() for name in _LATE_OPTIONS if (("option", name.encode())) in state.entries]
    return b"".join([*parts, *(b"builtin set -o " + name + b"; " for name in on)])


def given(state: ShellState | None, status: int, command: bytes) -> bytes:
    """Return what the call's shell reads: three texts with NUL between them. ``command`` has none."""
    load = first() if state is None else take_up(state, status)
    return b"\0".join((load, SAVE.encode(), prefix(state) + command))


def quoted(word: bytes) -> bytes:
    """Return ``word`` as one bash word."""
    return b"'" + word.replace(b"'", b"'\\''") + b"'"


def _on_exit(code: bytes) -> bytes:
    return b"builtin trap -- " + quoted(code + b"\n" + AT_EXIT if code else AT_EXIT) + b" EXIT\n"


def _directory(path: bytes) -> bytes:
    there = quoted(path.removesuffix(b"\n"))
    return b"builtin cd -- %s || { builtin cd /; builtin printf 'lost\\0directory\\0%%s\\0' %s >&%d; }\n" % (
        there,
        there,
        OPEN,
    )


def _names(state: ShellState, kind: Entry, left: set[str]) -> list[bytes]:
    return [name for name, _ in state.of(kind) if name.decode() not in left]
