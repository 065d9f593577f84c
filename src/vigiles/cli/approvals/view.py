"""A waiting act as a person sees it: all of it, for it is all of it that they sign; made safe, for an agent wrote it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vigiles.model.act import Act
    from vigiles.runtime.approving.queue import Waiting

#: Of one argument so much is shown; a longer one says how much more there is, and ``--json`` has it whole.
_SHOWN = 4000


def what(act: Act, limit: int) -> str:
    """Return what an act would do in one safe line: the words of a process, or tool and arguments."""
    from vigiles.render.text import safe, safe_argv

    if act.process is not None:
        return safe_argv(act.process.argv, limit)
    arguments = ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(act.arguments.items()))
    return f"{safe(act.tool, 60)}({safe(arguments, limit)})"


def lines(one: Waiting) -> list[str]:
    """Return everything that there is to know before one signs."""
    from vigiles.render.text import safe, safe_argv
    from vigiles.render.words import count, moment

    act, held = one.act, one.held
    where = act.coordinates
    found = [f"{act.id} waits until {moment(held.expires_us)}"]
    found.append(f"  asked by: {safe(act.principal, 64)}, as {act.kind} {safe(act.tool, 100)}")
    if where is not None:
        found.append(f"  in: {safe(where.run, 80)} {safe(where.episode, 80)}, call {where.call}")
    if act.process is not None:
        found.append(f"  would run: {safe_argv(act.process.argv, _SHOWN)}")
        if act.process.cwd is not None:
            found.append(f"  in folder: {safe(act.process.cwd, 400)}")
    for name, value in sorted(act.arguments.items()):
        shown = value if isinstance(value, str) else json.dumps(value)
        found.append(f"  {safe(name, 60)}: {safe(shown, _SHOWN)}")
    found.append(f"  held by: {', '.join(safe(rule, 64) for rule in held.rules) or held.reason} ({held.reason})")
    so_far = f", so far {', '.join(safe(name, 64) for name in one.counted)}" if one.counted else ""
    found.append(f"  must approve: {count(held.persons or 1, 'person')}{so_far}")
    found += [f"  a grant did not count: {verdict.reason}" for verdict in one.said]
    found.append(f"  digest that is signed: {one.digest}")
    return found


def plain(one: Waiting) -> dict[str, Any]:
    """Return the same for a program; nothing is cut."""
    import msgspec

    return {
        "act": msgspec.to_builtins(one.act),
        "held": msgspec.to_builtins(one.held),
        "act_sha256": one.digest,
        "persons": one.held.persons or 1,
        "approved": one.counted,
        "expires_us": one.held.expires_us,
        "did_not_count": [{"grant": verdict.rules, "reason": verdict.reason} for verdict in one.said],
    }
