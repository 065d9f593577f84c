"""Mistakes in request rules are told with file, line and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.ruleset.load import load_profile
from vigiles.ruleset.mistake import ProfileInvalid

HEAD = '[egress]\nmode = "allow"\nhosts = ["a.example:443"]\n[[egress.requests]]\n'


@pytest.mark.parametrize(
    ("text", "line", "where", "what", "hint"),
    [
        ('host = "a.example"\npreset = "git-read"', 5, "host", "no host:port", "host:port"),
        ('preset = "git-read"', 4, "host", "no host:port", ""),
        ('host = "A.example:443"\npreset = "git-read"', 5, "host", "canonical", "a.example:443"),
        ('host = "b.example:443"\npreset = "git-read"', 5, "host", "not in hosts", "egress.hosts"),
        ('host = "a.example:443"', 4, "", "lists no method", "preset"),
        ('host = "a.example:443"\nmethods = ["GET"]', 4, "", "lists no path", "/**"),
        ('host = "a.example:443"\npreset = "package-miror"', 6, "preset", "invalid", "package-mirror"),
        ('host = "a.example:443"\npreset = "git-read"\nmethods = ["GET"]', 7, "methods", "says this already", "Leave out"),
        ('host = "a.example:443"\npreset = "git-read"\nquery = "allow"', 7, "query", "says this already", "Leave out"),
        ('host = "a.example:443"\npreset = "package-mirror"\nmax_request_bytes = 5', 7, "max_request_bytes", "no body", ""),
        ('host = "a.example:443"\nmethods = ["get"]\npaths = ["/**"]', 6, "methods", "no method", "Capital"),
        ('host = "a.example:443"\nmethods = ["CONNECT"]\npaths = ["/**"]', 6, "methods", "no method", ""),
        ('host = "a.example:443"\nmethods = ["GET"]\npaths = ["/a*"]', 7, "paths", "whole segment", "/a/**"),
        ('host = "a.example:443"\nmethods = ["GET"]\npaths = ["/%61"]', 7, "paths", "canonical form", ""),
        ('host = "a.example:443"\nmethods = ["GET"]\npaths = ["/a"]\nquery = ["a b"]', 8, "query", "no query", ""),
        ('host = "a.example:443"\nmethods = ["GET"]\npaths = ["/a"]\nquery = "maybe"', 8, "query", "", "refuse"),
        ('host = "a.example:443"\nmethod = ["GET"]', 6, "method", "unknown key", "methods"),
        ('host = "a.example:443"\npreset = "git-read"\nmax_seconds = 0', 7, "max_seconds", ">= 1", "unlimited"),
        ('host = "a.example:443"\npreset = "git-read"\nmax_response_bytes = -1', 7, "max_response_bytes", ">= 0", ""),
        ('host = "a.example:443"\npreset = "git-read"\n[[egress.requests]]\nhost = 3', 8, "host", "expected", ""),
    ],
)
def test_a_mistake(make_profile: Callable[..., Path], text: str, line: int, where: str, what: str, hint: str) -> None:
    with pytest.raises(ProfileInvalid) as caught:
        load_profile(make_profile(HEAD + text))
    mistake = caught.value.mistakes[0]
    assert (Path(mistake.file).name, mistake.line) == ("profile.toml", line)
    assert mistake.where.startswith("egress.requests[")
    assert mistake.where.partition("].")[2] == where
    assert what in mistake.what
    assert hint in mistake.hint


def test_tables_are_tables_and_need_a_network(make_profile: Callable[..., Path]) -> None:
    for text, where in (
        ('[egress]\nrequests = "all"', "egress.requests"),
        ('[[egress.requests]]\nhost = "a.example:443"\npreset = "git-read"', "egress.requests[0].host"),
    ):
        with pytest.raises(ProfileInvalid) as caught:
            load_profile(make_profile(text))
        assert caught.value.mistakes[0].where == where


def test_observe_takes_rules_for_any_host(make_profile: Callable[..., Path]) -> None:
    text = '[egress]\nmode = "observe"\nrequests = [{ host = "a.example:80", preset = "package-mirror" }]'
    (rule,) = load_profile(make_profile(text)).profile.egress.requests
    assert (rule.host, rule.preset, rule.max_request_bytes) == ("a.example:80", "package-mirror", 0)
