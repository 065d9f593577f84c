"""What types cannot say about request rules: methods and paths that exist, and keys that do not contradict each other."""

from __future__ import annotations

import re

from vigiles.ruleset.egress import HostInvalid, split_host_port
from vigiles.ruleset.fields import Complain
from vigiles.ruleset.positions import indexed
from vigiles.ruleset.profile import Egress
from vigiles.ruleset.request_path import PathInvalid
from vigiles.ruleset.request_rule import RequestRule
from vigiles.ruleset.requests import pattern_of

_METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
_QUERY = re.compile(r"[!$-~]+")


def check_requests(egress: Egress, complain: Complain) -> None:
    """Tell ``complain`` of everything that is wrong with ``egress.requests``; hosts are checked with all others."""
    for at, rule in enumerate(egress.requests):
        _check(rule, ("egress", indexed("requests", at)), complain)


def check_whole(egress: Egress, complain: Complain) -> None:
    """Tell ``complain`` of rules that allow nothing, or are for hosts that the profile does not reach."""
    for at, rule in enumerate(egress.requests):
        table = ("egress", indexed("requests", at))
        place = (*table, "host")
        if not rule.host:
            complain(place, "this rule names no host:port", "Write host, as in egress.hosts.")
        elif rule.preset is None and not rule.methods:
            complain(table, "this rule lists no method, so it allows nothing", 'Write preset, or methods = ["GET", "HEAD"].')
        elif rule.preset is None and not rule.paths:
            complain(table, "this rule lists no path, so it allows nothing", 'For every path write paths = ["/**"].')
        if egress.mode == "allow" and rule.host not in egress.hosts and _is_host(rule.host):
            complain(place, f"{rule.host!r} has request rules but is not in hosts", "Add it to egress.hosts.")
        elif egress.mode == "none":
            complain(place, 'request rules have no effect with mode = "none"', 'Set egress.mode = "allow".')


def _is_host(text: str) -> bool:
    try:
        return bool(split_host_port(text))
    except HostInvalid:
        return False


def _check(rule: RequestRule, place: tuple[str, ...], complain: Complain) -> None:
    for path in rule.paths:
        try:
            pattern_of(path)
        except PathInvalid as error:
            complain((*place, "paths"), f"{path!r}: {error}", "Patterns are of whole segments: /a/*/b, /a/**.")
    if rule.preset is not None:
        for key, given in (("methods", rule.methods), ("query", rule.query != "refuse")):
            if given:
                complain((*place, key), f'preset = "{rule.preset}" says this already', f"Leave out preset, or {key}.")
        if rule.preset == "package-mirror" and rule.max_request_bytes != 0:
            complain((*place, "max_request_bytes"), "a package mirror is sent no body", "Write methods and paths instead.")
        return
    for method in rule.methods:
        if not _METHOD.fullmatch(method) or method == "CONNECT":
            complain((*place, "methods"), f"{method!r} is no method that can be allowed", "Capital letters, as sent.")
    if isinstance(rule.query, list):
        for query in rule.query:
            if not _QUERY.fullmatch(query):
                complain((*place, "query"), f"{query!r} is no query", "What follows the question mark, exactly as sent.")
