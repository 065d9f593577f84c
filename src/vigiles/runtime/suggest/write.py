"""What was learned, as the two texts of a profile that a person can read and change."""

from __future__ import annotations

import json
from collections.abc import Iterable

from vigiles.ruleset.profile import Profile
from vigiles.runtime.suggest.learn import Learned

_MIB = 1 << 20
_MICRO = 1_000_000

_GUARD = """
@id("guard-responds")
@note("Vigiles and people may strike: cut, freeze, end, notify.")
permit (principal, action == Action::"response", resource)
when { principal is Person || principal == Service::"vigiles" };

@id("people-approve")
permit (principal is Person, action == Action::"approval", resource);

@id("agents-judge-nothing")
@note("No agent approves an act or handles a response, whatever a profile on top of this one permits.")
forbid (
  principal is Agent,
  action in [Action::"approval", Action::"response"],
  resource
);
"""


def rules_text(learned: Learned) -> str:
    """Return ``rules.cedar``: the programs and tools that were used, each by its exact name, and nothing else."""
    parts = ["// From what was seen. What no rule here permits is denied: add what is missing, take out what is too much."]
    if learned.programs:
        parts.append(
            _permit("seen-programs", "Programs that ran.", "process", f"{_set(learned.programs)}.contains(context.program)")
        )
    for kind in sorted({kind for kind, _ in learned.tools}):
        names = sorted(name for of, name in learned.tools if of == kind)
        equal = " ||\n    ".join(f"resource == Tool::{_text(name)}" for name in names)
        parts.append(_permit(f"seen-{kind.replace('_', '-')}", "Tools that were used.", kind, equal))
    return "\n\n".join(parts) + "\n" + _GUARD


def profile_text(learned: Learned, name: str, base: Profile) -> str:
    """Return ``profile.toml``. ``base`` is the profile that was in force: its files and environment are taken over."""
    hosts = sorted(learned.hosts)
    mode = "allow" if hosts else "none"
    lines = [
        "# From what was seen. Read every line before you enforce it: what an agent did is not yet what it may do.",
        f"name = {_text(name)}",
        'description = "Suggested from an observed run."',
        f"tier = {_text(base.tier)}",
        'mode = "enforce"',
        "",
        "[egress]",
        f'mode = "{mode}"',
        *_list("hosts", hosts),
        f"transparent = {'true' if hosts and base.egress.transparent else 'false'}",
        "",
        "[files]",
        f"workdir = {_text(base.files.workdir)}",
        'apply = "review"       # files that other programs run or obey wait for your yes',
        *_list("read", base.files.read),
        *_list("write", base.files.write),
        "",
        "[environment]",
        *_list("allow", base.environment.allow),
    ]
    if base.environment.set:
        pairs = ", ".join(f"{variable} = {_text(value)}" for variable, value in sorted(base.environment.set.items()))
        lines.append(f"set = {{ {pairs} }}")
    lines += ["", "[budgets]", "# What was seen at most, with head-room of twice to four times."]
    lines += [f"{budget} = {value}" for budget, value in budgets(learned, network=bool(hosts)).items()]
    lines += [
        "",
        "[responses]",
        'medium = ["notify"]',
        'high = ["cut_egress", "freeze", "notify"]',
        'critical = ["cut_egress", "freeze", "notify"]',
    ]
    return "\n".join(lines) + "\n"


def budgets(learned: Learned, *, network: bool) -> dict[str, int]:
    """Return the budgets, never less than what an ordinary small task needs."""
    peaks = learned.peaks
    told = {
        "calls": max(50, 2 * peaks.calls),
        "processes": max(128, 4 * peaks.processes),
        "memory_bytes": max(2048 * _MIB, 2 * peaks.memory_bytes),
        "cpu_seconds_call": max(300, _seconds(3 * peaks.cpu_us_call)),
        "cpu_seconds_episode": max(900, _seconds(3 * peaks.cpu_us_episode)),
        "wall_seconds_call": max(600, _seconds(3 * peaks.wall_us_call)),
        "wall_seconds_episode": max(3600, _seconds(3 * peaks.wall_us_episode)),
    }
    if network:
        told["egress_bytes_call"] = max(8 * _MIB, 2 * peaks.egress_bytes_call)
        told["egress_bytes_episode"] = max(32 * _MIB, 2 * peaks.egress_bytes_episode)
    told["output_bytes"] = max(64 * _MIB, 2 * peaks.output_bytes_call)
    told["open_files"] = 16_384
    return told


def _seconds(us: int) -> int:
    return -(-us // _MICRO)


def _permit(identity: str, note: str, kind: str, when: str) -> str:
    return (
        f'@id("{identity}")\n@note("{note}")\n'
        f'permit (principal, action == Action::"{kind}", resource)\n'
        f"when {{\n    {when}\n}}\nunless {{ principal is Service }};"
    )


def _set(names: Iterable[str]) -> str:
    return "[" + ", ".join(_text(name) for name in sorted(names)) + "]"


def _list(key: str, values: list[str]) -> list[str]:
    if not values:
        return [f"{key} = []"]
    return [f"{key} = [", *(f"  {_text(value)}," for value in values), "]"]


def _text(value: str) -> str:
    """Return a string for TOML; for Cedar too, as only plain names get there."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
