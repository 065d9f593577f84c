"""Request rules: what each table lets through, and that nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.http import Fields, Framing
from vigiles.ruleset.request_path import PathInvalid
from vigiles.ruleset.request_rule import RequestRule
from vigiles.ruleset.requests import GIT_REQUEST_BYTES, RequestRules, fits, pattern_of

HOST = "h.example:443"
NONE, CHUNKED = Framing(kind="none"), Framing(kind="chunked")
MIRROR = RequestRule(host=HOST, preset="package-mirror")
GIT = RequestRule(host=HOST, preset="git-read", paths=["/team/*"])


def reason(rules: list[RequestRule], method: str, target: str, framing: Framing = NONE, fields: Fields = []) -> str:  # noqa: B006 - only read
    return RequestRules(rules).judge("h.example", 443, method, target, fields, framing).reason


def of(size: int) -> Framing:
    return Framing(kind="length", size=size)


@pytest.mark.parametrize(
    ("method", "target", "framing", "expected"),
    [
        ("GET", "/simple/pip/", NONE, "allowed"),
        ("HEAD", "/packages/ab/cd/pip-24.0-py3-none-any.whl", NONE, "allowed"),
        ("GET", "/dists/bookworm/InRelease", NONE, "allowed"),
        ("GET", "/@types%2fnode", NONE, "allowed"),
        ("GET", "/lodash/-/lodash-4.17.21.tgz", NONE, "allowed"),
        ("GET", "/pool/main/g/gcc/g%2b%2b-12_amd64.deb", NONE, "allowed"),
        ("GET", "/simple/pip/", of(0), "allowed"),
        ("GET", "/simple/pip/", of(1), "request_body"),
        ("GET", "/simple/pip/", CHUNKED, "request_body"),
        ("PUT", "/simple/pip/", of(10), "request_method"),
        ("POST", "/legacy/", of(10), "request_method"),
        ("DELETE", "/simple/pip/", NONE, "request_method"),
        ("get", "/simple/pip/", NONE, "request_method"),
        ("OPTIONS", "*", NONE, "request_path"),
        ("GET", "/simple/pip/?data=c2VjcmV0", NONE, "request_query"),
        ("GET", "/simple/../admin", NONE, "request_path"),
        ("GET", "//simple/pip/", NONE, "request_path"),
    ],
)
def test_a_package_mirror_is_read_only(method: str, target: str, framing: Framing, expected: str) -> None:
    assert reason([MIRROR], method, target, framing) == expected


@pytest.mark.parametrize(
    ("method", "target", "framing", "expected"),
    [
        ("GET", "/team/tool.git/info/refs?service=git-upload-pack", NONE, "allowed"),
        ("POST", "/team/tool.git/git-upload-pack", of(GIT_REQUEST_BYTES), "allowed"),
        ("POST", "/team/tool.git/git-upload-pack", CHUNKED, "allowed"),
        ("POST", "/team/tool.git/git-upload-pack", of(GIT_REQUEST_BYTES + 1), "request_body"),
        ("GET", "/team/tool.git/info/refs", NONE, "allowed"),
        ("GET", "/team/tool.git/HEAD", NONE, "allowed"),
        ("GET", "/team/tool.git/objects/info/packs", NONE, "allowed"),
        ("GET", "/team/tool.git/objects/ab/0123456789abcdef0123456789abcdef012345", NONE, "allowed"),
        ("GET", "/team/tool.git/objects/pack/pack-1.pack", NONE, "allowed"),
        ("GET", "/team/tool.git/info/refs?service=git-receive-pack", NONE, "request_query"),
        ("GET", "/team/tool.git/info/refs?service=git-upload-pack&x=1", NONE, "request_query"),
        ("POST", "/team/tool.git/git-receive-pack", of(10), "request_path"),
        ("POST", "/team/tool.git/info/lfs/objects/batch", of(10), "request_path"),
        ("PUT", "/team/tool.git/git-upload-pack", of(10), "request_method"),
        ("POST", "/team/tool.git/git-upload-pack?x=1", of(10), "request_query"),
        ("GET", "/other/tool.git/info/refs?service=git-upload-pack", NONE, "request_path"),
        ("POST", "/team/a/b/git-upload-pack", of(10), "request_path"),
        ("GET", "/team/info/refs?service=git-upload-pack", NONE, "request_path"),
    ],
)
def test_git_is_read_and_not_pushed(method: str, target: str, framing: Framing, expected: str) -> None:
    assert reason([GIT], method, target, framing) == expected


def test_the_presets_stand_beside_each_other_and_the_furthest_failure_is_told() -> None:
    both = [RequestRule(host=HOST, preset="package-mirror", paths=["/simple/**"]), GIT]
    assert reason(both, "GET", "/simple/x/") == "allowed"
    assert reason(both, "POST", "/team/x/git-upload-pack", of(9)) == "allowed"
    assert reason(both, "GET", "/elsewhere") == "request_path"
    assert reason(both, "GET", "/simple/x?q=1") == "request_query"
    verdict = RequestRules(both).judge("h.example", 443, "POST", "/team/x/git-upload-pack", [], CHUNKED)
    assert (verdict.rule, verdict.max_request_bytes) == (1, GIT_REQUEST_BYTES)


def test_limits_come_with_the_rule_that_allows() -> None:
    rule = RequestRule(
        host=HOST, methods=["POST"], paths=["/v1/%61sk".replace("%61", "a")], query=["a=1", "b"], max_request_bytes=None,
        max_response_bytes=5, max_seconds=7,
    )  # fmt: skip
    rules = RequestRules([rule])
    verdict = rules.judge("h.example", 443, "POST", "/v1/%61sk?a=1", [], CHUNKED)
    assert (verdict.reason, verdict.target, verdict.rule) == ("allowed", "/v1/ask?a=1", 0)
    assert (verdict.max_request_bytes, verdict.max_response_bytes, verdict.max_seconds) == (None, 5, 7)
    assert rules.judge("h.example", 443, "POST", "/v1/ask?b", [], of(10**12)).reason == "allowed"
    for query in ("", "?a", "?a=1&b", "?A=1", "?%61=1"):
        assert rules.judge("h.example", 443, "POST", f"/v1/ask{query}", [], NONE).reason == "request_query"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("X-HTTP-Method-Override", "request_method"),
        ("x-http-method", "request_method"),
        ("X-METHOD-OVERRIDE", "request_method"),
        ("X-Original-URL", "request_path"),
        ("X-Rewrite-Url", "request_path"),
        ("Accept", "allowed"),
    ],
)
def test_no_field_says_another_method_or_path(field: str, expected: str) -> None:
    assert reason([MIRROR], "GET", "/a", fields=[(field, "PUT")]) == expected


def test_a_host_without_rules_may_be_sent_anything() -> None:
    rules = RequestRules([MIRROR])
    for host, port in (("h.example", 80), ("other.example", 443), ("2001:db8::1", 443)):
        assert not rules.limits(host, port)
        verdict = rules.judge(host, port, "PUT", "/a/../b//%2f?x", [], of(10**9))
        assert (verdict.reason, verdict.target, verdict.max_request_bytes) == ("allowed", "/a/../b//%2f?x", None)
    assert rules.limits("h.example", 443)
    assert RequestRules([RequestRule(host="[2001:db8::1]:443", preset="git-read")]).limits("2001:db8::1", 443)


def test_a_rule_without_methods_or_paths_allows_nothing() -> None:
    for rule in (RequestRule(host=HOST), RequestRule(host=HOST, methods=["GET"]), RequestRule(host=HOST, paths=["/**"])):
        assert reason([rule], "GET", "/a") != "allowed"


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("/", ["/"], ["/a"]),
        ("/a/b", ["/a/b", "/a/b/"], ["/a", "/a/bc", "/a/b/c", "/A/b"]),
        ("/a/*", ["/a/x", "/a/x/"], ["/a", "/a/", "/a/x/y"]),
        ("/a/*/c", ["/a/b/c"], ["/a/c", "/a/b/b/c"]),
        ("/a/**", ["/a", "/a/b", "/a/b/c/d"], ["/", "/b", "/ab"]),
        ("/**", ["/", "/a", "/a/b"], []),
        ("/*/**", ["/a", "/a/b"], ["/"]),
    ],
)
def test_patterns_are_of_whole_segments(pattern: str, fitting: list[str], others: list[str]) -> None:
    rule = RequestRule(host=HOST, methods=["GET"], paths=[pattern])
    assert [path for path in fitting + others if reason([rule], "GET", path) == "allowed"] == fitting


@pytest.mark.parametrize("pattern", ["a", "/a*", "/**/a", "/a/***", "/a/..", "/a//b", "/%41", "/a?b", "/a%2f", ""])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(PathInvalid):
        pattern_of(pattern)


_SEGMENTS = st.lists(st.sampled_from("ab*"), max_size=4).map(tuple)


@given(_SEGMENTS, st.lists(st.sampled_from("abc"), max_size=5).map(tuple))
def test_fitting_is_segment_by_segment(pattern: tuple[str, ...], path: tuple[str, ...]) -> None:
    exact = len(pattern) == len(path) and all(one in ("*", two) for one, two in zip(pattern, path, strict=True))
    assert fits(pattern, path) == exact
    open_ended = len(path) >= len(pattern) and fits(pattern, path[: len(pattern)])
    assert fits((*pattern, "**"), path) == open_ended


@settings(max_examples=200)
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "MKCOL", "get"]),
    st.lists(st.sampled_from(["/", "simple", "..", "%2e%2e", "%2f", "?", "x", "git-receive-pack"]), max_size=6).map("".join),
    st.sampled_from([NONE, CHUNKED, of(0), of(1)]),
)  # fmt: skip
def test_whatever_a_read_only_host_is_sent_is_a_read(method: str, path: str, framing: Framing) -> None:
    verdict = RequestRules([MIRROR]).judge("h.example", 443, method, "/" + path, [], framing)
    if verdict.reason == "allowed":
        assert method in ("GET", "HEAD")
        assert framing in (NONE, of(0))
        assert "?" not in verdict.target
        assert ".." not in verdict.target.split("/")
