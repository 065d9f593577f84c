"""What types cannot say about the credentials of a profile."""

from __future__ import annotations

import re

from vigiles.ruleset.credential import Credential
from vigiles.ruleset.fields import Complain
from vigiles.ruleset.positions import indexed
from vigiles.ruleset.profile import Egress, Profile

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}")
_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,24}")
_PARAMETER = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Fields that the door itself writes, or that say where a request goes and how long it is.
_OURS = ("host", "connection", "content-length", "transfer-encoding", "upgrade", "accept-encoding", "te", "trailer")
_MOST = 16


def check_credentials(profile: Profile, complain: Complain) -> None:
    """Tell ``complain`` of everything that is wrong with them one by one, and with what the cell gets beside them."""
    held = profile.egress.credentials
    if len(held) > _MOST:
        complain(("egress", "credentials"), f"more than {_MOST} credentials", "Split the profile.")
    names: set[str] = set()
    for at, one in enumerate(held):
        table = ("egress", indexed("credentials", at))
        if not _NAME.fullmatch(one.name) or one.name in names:
            complain(
                (*table, "name"), f"{one.name!r} is no name of its own", "Lower-case letters, digits and hyphens; once."
            )
        names.add(one.name)
        _check_place(one, table, complain)
        _check_inside(one, held[:at], profile, table, complain)
        _check_source(one, profile, table, complain)


def check_credential_hosts(egress: Egress, complain: Complain) -> None:
    """Tell ``complain`` of credentials that could never be used as the profile stands."""
    for at, one in enumerate(egress.credentials):
        table = ("egress", indexed("credentials", at))
        if egress.mode == "none":
            complain(table, 'credentials have no effect with mode = "none"', 'Set egress.mode = "allow".')
        elif not one.clear and (egress.tls != "terminate" or egress.mode == "observe"):
            hint = 'Set egress.tls = "terminate", with mode "allow"; or clear = true, for a host that is spoken to in clear.'
            complain(table, "nothing can be put into TLS that passes unopened", hint)
        for host in one.hosts:
            if host not in egress.hosts and egress.mode == "allow":
                complain((*table, "hosts"), f"{host!r} is not in egress.hosts", "Add it to egress.hosts.")


def _check_place(one: Credential, table: tuple[str, ...], complain: Complain) -> None:
    if not one.hosts:
        complain((*table, "hosts"), "a credential needs a host to go to", 'Write hosts = ["api.example.com:443"].')
    for key, wanted, text, form in (
        ("header", one.place == "header", one.header, _FIELD),
        ("parameter", one.place == "query", one.parameter, _PARAMETER),
    ):
        if wanted != bool(text):
            complain((*table, key), f"{key} goes with place = {'header' if key == 'header' else 'query'!r} only", "")
        elif text and not form.fullmatch(text):
            complain((*table, key), f"{text!r} cannot be one", "")
    if one.header.lower() in _OURS:
        complain((*table, "header"), f"{one.header!r} is written by the door", "Name the field that holds the credential.")


def _check_inside(
    one: Credential, others: list[Credential], profile: Profile, table: tuple[str, ...], complain: Complain
) -> None:
    if not one.variable and not one.file:
        complain(table, "the agent needs a place for the placeholder", "Give variable, or file, or both.")
    if one.variable:
        taken = (*profile.environment.allow, *profile.environment.set, *profile.honey.environment)
        if not _VARIABLE.fullmatch(one.variable):
            complain((*table, "variable"), f"{one.variable!r} is no environment variable's name", "")
        elif one.variable in taken or any(one.variable == other.variable for other in others):
            complain((*table, "variable"), f"{one.variable!r} is passed or set as well", "A placeholder stands alone.")
    if one.file:
        parts = one.file.split("/")
        if one.file.startswith("/") or not all(parts) or ".." in parts or "." in parts or "\0" in one.file:
            complain((*table, "file"), f"{one.file!r} is no path below the home", 'Write it as ".config/tool/token".')
        elif one.file in profile.honey.files or any(one.file == other.file for other in others):
            complain((*table, "file"), f"{one.file!r} is written as well", "A placeholder has a file of its own.")
    if not _PREFIX.fullmatch(one.prefix):
        complain((*table, "prefix"), f"{one.prefix!r} is no prefix", "At most 24 letters, digits, dots, _ and -.")


def _check_source(one: Credential, profile: Profile, table: tuple[str, ...], complain: Complain) -> None:
    if bool(one.from_variable) == bool(one.from_file):
        complain(table, "the secret comes from one place", "Give from_variable or from_file.")
    if one.from_variable in profile.environment.allow:
        what = f"{one.from_variable!r} is also passed into the cell, and with it the secret"
        complain((*table, "from_variable"), what, "Take it out of environment.allow; do not give it with --env.")
    elif one.from_variable and not _VARIABLE.fullmatch(one.from_variable):
        complain((*table, "from_variable"), f"{one.from_variable!r} is no environment variable's name", "")
    if one.from_file and (not one.from_file.startswith(("/", "~/")) or "\0" in one.from_file):
        complain((*table, "from_file"), f"{one.from_file!r} is not an absolute path", "Write /path, or ~/path.")
