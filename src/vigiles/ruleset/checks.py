"""What types cannot say about a profile: canonical hosts, real networks, names that exist."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from vigiles.model.reason import REASON_CODES
from vigiles.model.union import EVENT_TYPES
from vigiles.ruleset.credential_checks import check_credential_hosts, check_credentials
from vigiles.ruleset.egress import HostInvalid, join_host_port, split_host_port
from vigiles.ruleset.fields import Complain
from vigiles.ruleset.grants import PERSON
from vigiles.ruleset.mistake import nearest
from vigiles.ruleset.positions import indexed
from vigiles.ruleset.profile import Egress, Files, Profile
from vigiles.ruleset.request_checks import check_requests, check_whole

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_DAYS = 36_500
_DETECTOR = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: A finding rule's id holds a separator, which no reason code does: so a misspelt reason code cannot pass for one.
_FINDING_RULE = re.compile(r"[a-z0-9_]+(?:[./:-][a-z0-9_]+)+")


def check_profile(profile: Profile, complain: Complain, *, whole: bool = True) -> None:
    """Tell ``complain`` of everything that is wrong with a profile whose types are right.

    With ``whole`` False some keys stand at their defaults because their values had the wrong type: then only what can be
    said of a key by itself is said.
    """
    if not NAME.fullmatch(profile.name):
        complain(("name",), "a name is lower-case letters, digits and hyphens, at most 64", "")
    for at, detector in enumerate(profile.detectors):
        if not _DETECTOR.fullmatch(detector):
            complain(("detectors",), f"{detector!r} is no detector's name", "Lower-case letters, digits and underscores.")
        elif detector in profile.detectors[:at]:
            complain(("detectors",), f"{detector!r} is named twice", "Name it once.")
    _check_egress(profile.egress, complain)
    check_requests(profile.egress, complain)
    check_credentials(profile, complain)
    if whole:
        _check_egress_mode(profile.egress, complain)
        check_whole(profile.egress, complain)
        check_credential_hosts(profile.egress, complain)
    _check_files(profile.files, complain)
    for key, names in (("approvers", profile.approvals.approvers), ("run_by", profile.approvals.run_by)):
        for name in names:
            if not PERSON.fullmatch(name):
                complain(("approvals", key), f"{name!r} is no principal's name", "Write it as it is registered.")
    for variable in profile.honey.environment:
        if not _VARIABLE.fullmatch(variable):
            complain(("honey", "environment"), f"{variable!r} is no environment variable's name", "")
        elif variable in profile.environment.allow or variable in profile.environment.set:
            complain(("honey", "environment"), f"{variable!r} is passed or set as well", "A honey token stands alone.")
    for variable in [*profile.environment.allow, *profile.environment.set]:
        if not _VARIABLE.fullmatch(variable):
            place = "set" if variable in profile.environment.set else "allow"
            complain(("environment", place), f"{variable!r} is no environment variable's name", "Names match exactly: no *.")
    for variable, value in profile.environment.set.items():
        if "\0" in value:
            complain(("environment", "set", variable), "a value cannot hold NUL", "")
    for kind in profile.retention.days:
        if kind not in EVENT_TYPES or kind in ("principal", "erasure"):
            complain(("retention", "days", kind), "this is no record type that can be erased", nearest(kind, EVENT_TYPES))
    for place, days in [("bodies_days", profile.retention.bodies_days), *profile.retention.days.items()]:
        if days is not None and not 1 <= days <= _MOST_DAYS:
            path = ("retention", place) if place == "bodies_days" else ("retention", "days", place)
            complain(path, f"{days} is no number of days from 1 to {_MOST_DAYS}", 'For ever is written "unlimited".')
    for key in profile.feedback:
        if key not in REASON_CODES and not _FINDING_RULE.fullmatch(key):
            complain(("feedback", key), "this is neither a reason code nor a finding rule's id", nearest(key, REASON_CODES))


def _check_egress(egress: Egress, complain: Complain) -> None:
    for key, place, text in _host_ports(egress):
        try:
            canonical = join_host_port(*split_host_port(text))
        except HostInvalid as error:
            complain(("egress", key, *place), f"{text!r}: {error}", 'Write "host:port", for example "api.example.com:443".')
            continue
        if canonical != text:
            complain(("egress", key, *place), f"{text!r} is not in its canonical form", f'Write "{canonical}".')
    for host, address in egress.pins.items():
        try:
            if str(ipaddress.ip_address(address)) != address:
                complain(("egress", "pins", host), f"{address!r} is not in its canonical form", "")
        except ValueError:
            complain(("egress", "pins", host), f"{address!r} is no IP address", "A pin names one address, not a name.")
    for network in egress.refused_ranges:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            complain(("egress", "refused_ranges"), str(error), 'Write a network, for example "10.0.0.0/8".')
    _check_paths(("egress", "trust"), egress.trust, complain)


def _check_egress_mode(egress: Egress, complain: Complain) -> None:
    for entry in egress.upgrade:
        if egress.mode == "allow" and entry not in egress.hosts:
            complain(("egress", "upgrade"), f"{entry!r} may upgrade but is not in hosts", "Add it to egress.hosts.")
    if egress.mode == "observe" and egress.tls == "terminate":
        complain(("egress", "tls"), "observing changes nothing, so it cannot terminate TLS", 'Set egress.tls = "pass".')
    if egress.trust and egress.tls != "terminate":
        complain(("egress", "trust"), "trust has no effect where TLS is passed on", 'Set egress.tls = "terminate".')
    if egress.hosts and egress.mode != "allow":
        complain(("egress", "hosts"), f'hosts have no effect with mode = "{egress.mode}"', 'Set egress.mode = "allow".')


def _host_ports(egress: Egress) -> Iterator[tuple[str, tuple[str, ...], str]]:
    for text in egress.hosts:
        yield "hosts", (), text
    for text in egress.upgrade:
        yield "upgrade", (), text
    for text in egress.pins:
        yield "pins", (text,), text
    for at, rule in enumerate(egress.requests):
        if rule.host:
            yield indexed("requests", at), ("host",), rule.host
    for at, one in enumerate(egress.credentials):
        for text in one.hosts:
            yield indexed("credentials", at), ("hosts",), text


def _check_files(files: Files, complain: Complain) -> None:
    for key, paths in (("read", files.read), ("write", files.write)):
        _check_paths(("files", key), paths, complain)
    if "/" in files.write:
        complain(("files", "write"), "the whole file system cannot be writable", "Name the folders that are needed.")


def _check_paths(key: tuple[str, ...], paths: Iterable[str], complain: Complain) -> None:
    for path in paths:
        if not (path.startswith(("/", "~/")) or path == "~") or "\0" in path:
            complain(key, f"{path!r} is not an absolute path", "Write /path, or ~/path for your home.")
        elif ".." in path.split("/"):
            complain(key, f"{path!r} goes upwards with ..", "Write the path that it means.")
