"""The judge: an act, who asks and what is used up, to a judgement. Pure; the gate records what it says.

Cedar decides: forbid beats permit, what nothing permits is denied, and a rule that cannot be evaluated denies, because a
broken forbid would otherwise be a permit. Rules and principals' attributes are parsed once. ``cedarpy`` is imported when the
first judge is made, never by importing this module, since that import costs more than most commands do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from vigiles.model.act import Act
from vigiles.model.plain import Plain
from vigiles.model.principal import PrincipalKind
from vigiles.model.reason import ReasonCode
from vigiles.model.verdict import Decision
from vigiles.ruleset.budgets import BudgetState, check
from vigiles.ruleset.profile import Profile
from vigiles.ruleset.rules import Rule

if TYPE_CHECKING:
    from cedarpy import Entities, PolicySet

_TYPES: dict[PrincipalKind, str] = {"agent": "Agent", "person": "Person", "job": "Job", "service": "Service"}
_POLICY = re.compile(r"`policy(\d+)`")
_ARGUMENTS = {"type": "Arguments", "id": "act"}
#: Of several forbids that fire, the gravest decides; a hold never softens a deny.
_GRAVITY = {"hold": 0, "deny": 1, "stop": 2}
_encode = msgspec.json.Encoder(order="sorted").encode


class PrincipalRef(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as the gate knows them (never as the act claims). ``attributes`` become the principal's tags."""

    kind: PrincipalKind
    name: str
    attributes: dict[str, str] = {}


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """``rules`` are the ``@id`` values that decided, in the order of the files; none where the default or a budget did.

    Under a profile in observe mode ``decision`` is always ``allow``; ``reason`` is then ``allowed_observe`` where enforcing
    would have said otherwise, and ``unenforced`` is the reason it would have given. ``arguments`` replaces the act's
    arguments where the decision is ``modify``, which no rule of ours can say yet: always None. ``persons``: how many must
    approve an act that is held.
    """

    decision: Decision
    reason: ReasonCode
    rules: list[str] = []
    arguments: dict[str, Plain] | None = None
    unenforced: ReasonCode | None = None
    persons: int = 1


class Judge:
    """The judge of one ruleset. Safe to keep for the life of a process; holds no state of any episode."""

    def __init__(self, profile: Profile, rules: Sequence[Rule]) -> None:
        """Parse ``rules``, which :func:`vigiles.ruleset.rules.parse_rules` has checked."""
        from cedarpy import is_authorized

        self.profile = profile
        self.rules: dict[str, Rule] = {rule.id: rule for rule in rules}
        self._order = {rule.id: place for place, rule in enumerate(rules)}
        self._all = _Policies(rules)
        self._without_holds: _Policies | None = None
        self._ask = is_authorized
        self._principals = lru_cache(maxsize=256)(_principal_entities)

    def judge(self, act: Act, principal: PrincipalRef, state: BudgetState, granted: bool = False) -> Judgement:
        """Return the judgement of ``act`` when ``principal`` asks and ``state`` is used up. Never raises for a bad act.

        ``granted``: the persons whom the holds ask for have approved, so the rules that hold are left out.
        """
        judgement = self.by_rules(act, principal, granted)
        if judgement.decision == "allow":
            over = check(self.profile.budgets, state, act)
            if over is not None:
                judgement = Judgement(decision="deny", reason=over)
        if self.profile.mode == "observe" and judgement.decision != "allow":
            return Judgement(decision="allow", reason="allowed_observe", rules=judgement.rules, unenforced=judgement.reason)
        return judgement

    def by_rules(self, act: Act, principal: PrincipalRef, granted: bool = False) -> Judgement:
        """Return what the rules alone say, budgets and observe mode left out."""
        try:
            request, entities = self._request(act, principal)
            judgement = self._decide(self._rest() if granted else self._all, request, entities)
            if judgement.decision == "hold":
                # Approving a held act must not permit what nothing permits: ask again without the holds.
                otherwise = self._decide(self._rest(), request, entities)
                if otherwise.decision != "allow":
                    return otherwise
        except (ValueError, TypeError, RecursionError, msgspec.MsgspecError):
            # The act cannot be put to Cedar at all: say no rather than guess.
            return Judgement(decision="deny", reason="judge_error")
        return judgement

    def _decide(self, policies: _Policies, request: dict[str, Any], entities: Entities) -> Judgement:
        answer = self._ask(request, policies.handle, entities)
        if answer.diagnostics.errors or answer.decision.value == "NoDecision":
            failed = [policies.ids[int(n)] for error in answer.diagnostics.errors for n in _POLICY.findall(error)]
            return Judgement(decision="deny", reason="judge_error", rules=self._sorted(failed))
        fired = self._sorted(answer.diagnostics.id_annotations_by_reason.values())
        if answer.allowed:
            return Judgement(decision="allow", reason="allowed", rules=fired)
        if not fired:
            return Judgement(decision="deny", reason="rule_missing")
        gravest = max((self.rules[name] for name in fired), key=lambda rule: _GRAVITY[rule.decision])
        decision: Decision = gravest.decision if gravest.decision != "permit" else "deny"
        persons = max(self.rules[name].persons for name in fired)
        return Judgement(decision=decision, reason=gravest.reason, rules=fired, persons=persons)

    def _sorted(self, names: Any) -> list[str]:
        return sorted(set(names), key=self._order.__getitem__)

    def _rest(self) -> _Policies:
        if self._without_holds is None:
            self._without_holds = _Policies([rule for rule in self.rules.values() if rule.decision != "hold"])
        return self._without_holds

    def _request(self, act: Act, principal: PrincipalRef) -> tuple[dict[str, Any], Entities]:
        entities: Entities = self._principals(principal.kind, principal.name, tuple(sorted(principal.attributes.items())))
        if act.arguments:
            entities = entities.with_added_json_str(_encode([arguments_entity(act.arguments)]).decode())
        request = {
            "principal": {"type": _TYPES[principal.kind], "id": principal.name},
            "action": {"type": "Action", "id": act.kind},
            "resource": {"type": "Tool", "id": act.tool},
            "context": _encode(context_of(act)).decode(),
        }
        return request, entities


class _Policies:
    """Rules as Cedar parsed them; Cedar names them by their place, so ``ids[n]`` is the ``@id`` of ``policy<n>``."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        from cedarpy import PolicySet

        self.handle: PolicySet = PolicySet.from_str("\n".join(rule.text for rule in rules))
        self.ids = [rule.id for rule in rules]


def context_of(act: Act) -> dict[str, Any]:
    """Return the act's context as ``schema.cedarschema`` describes it, for JSON."""
    where = act.coordinates
    context: dict[str, Any] = {
        "call": where.call if where is not None and where.call is not None else 0,
        "arguments": {"__entity": _ARGUMENTS},
    }
    if where is not None and where.task is not None:
        context["task"] = where.task
    if where is not None and where.model_version is not None:
        context["model_version"] = where.model_version
    if act.kind == "process":
        argv = act.process.argv if act.process is not None else []
        argv0 = argv[0] if argv else ""
        context["argv0"] = argv0
        context["program"] = argv0.rpartition("/")[2]
        context["argv"] = argv
        context["via"] = act.process.via if act.process is not None else "api"
        if act.process is not None and act.process.cwd is not None:
            context["cwd"] = act.process.cwd
    return context


def arguments_entity(arguments: dict[str, Plain]) -> dict[str, Any]:
    """Return the act's arguments as a Cedar entity with one text tag each; lists and tables as canonical JSON."""
    tags = {name: value if isinstance(value, str) else _encode(value).decode() for name, value in arguments.items()}
    return {"uid": _ARGUMENTS, "attrs": {}, "parents": [], "tags": tags}


def _principal_entities(kind: PrincipalKind, name: str, attributes: tuple[tuple[str, str], ...]) -> Entities:
    from cedarpy import Entities

    uid = {"type": _TYPES[kind], "id": name}
    return Entities.from_json_str(_encode([{"uid": uid, "attrs": {}, "parents": [], "tags": dict(attributes)}]).decode())
