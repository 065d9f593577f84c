"""Bytes in names, paths, queries and fields: found, and not where work is honest."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.detectors.exfiltration import NAMES, REQUESTS, Exfiltration
from vigiles.detectors.telling import telling
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.http import HttpRequest
from vigiles.protocols.hidden import Hidden
from vigiles.protocols.http import Fields

HOST = "mirror.example"
NO_FIELDS: Fields = []


class Call:
    """One call as the door counts it; what it asks becomes the record that the door would send."""

    def __init__(self, make: Any, number: int = 1) -> None:
        self.make, self.number, self.hidden = make, number, Hidden()

    def ask(
        self,
        target: str,
        fields: Fields = NO_FIELDS,
        *,
        status: int = 200,
        size: int = 9000,
        sent: int = 0,
        host: str = HOST,
    ) -> HttpRequest:
        weighed = self.hidden.weigh(host, target, fields)
        self.hidden.take(weighed, host)
        settled = self.hidden.answered(weighed, host, target, status, size, sent)
        return HttpRequest(
            **self.make.seen(self.number, "door"), flow="flow-1", method="POST" if sent else "GET", host=host, port=443,
            path=target.partition("?")[0], status=status, bytes_in=size, bytes_out=sent, carried_bytes=settled.carried,
            uploaded_bytes=settled.bodies,
        )  # fmt: skip

    def name(self, name: str, **more: Any) -> DnsQuery:
        told = self.hidden.name(name, [])
        return self.make.dns(  # type: ignore[no-any-return]  # a maker of records
            name, call=self.number, hidden_bytes=told.size, carried_bytes=told.carried, names_below=told.names, **more
        )


def found(records: list[Any]) -> list[tuple[str, str, int | None, bool]]:
    detector = Exfiltration()
    return [(one.rule, one.cause, one.attribution.call, one.blocked) for record in records for one in detector.feed(record)]


NOTE = "0123456789abcdef" * 16


@pytest.mark.parametrize("where", ["field", "cookie", "query", "path"])
def test_notes_in_requests_are_found_once_for_each_call_and_host(make: Any, where: str) -> None:
    call = Call(make, 3)

    def leak(number: int) -> HttpRequest:
        note = f"{number}-{NOTE}"
        if where == "path":
            return call.ask(f"/{note}", status=404)
        if where == "query":
            return call.ask(f"/simple/?q={note}")
        return call.ask("/simple/", [("Cookie", f"a={note}") if where == "cookie" else ("X-Note", note)])

    records = [leak(number) for number in range(150)]
    assert found(records) == [("exfiltration.requests", "exfiltration:3:mirror.example:443", 3, False)]
    first = next(record for record in records if record.carried_bytes >= REQUESTS.thresholds["carried_bytes"])
    assert telling(first), "no flood swallows it"
    assert not telling(records[0])


def test_names_are_found_refused_or_not(make: Any) -> None:
    names = [f"{number:04}{NOTE[:44]}.t.evil.example" for number in range(60)]
    observed = [Call(make).name(name, reason="allowed_observe") for name in names[:1]]
    call = Call(make)
    observed = [call.name(name, reason="allowed_observe") for name in names]
    assert found(observed) == [("exfiltration.names", "exfiltration:1:evil.example", 1, False)]
    refused = Call(make, 2)
    told = [refused.name(name, outcome="refused", reason="dns_name") for name in names]
    assert found(told) == [("exfiltration.names", "exfiltration:2:evil.example", 2, True)]
    asked = [make.flow(name, 443, via="connect", reason="allowed_observe") for name in names]
    assert found(asked) == [("exfiltration.names", "exfiltration:1:evil.example", 1, False)]
    assert found([make.flow(name, 443, via="connect", phase="refused", reason="egress_host") for name in names]) == []
    assert any(telling(record) for record in observed)


def test_few_long_names_and_many_short_ones_are_not_enough(make: Any) -> None:
    few = Call(make)
    long = ".".join(["x" * 60] * 3)
    assert found([few.name(f"{n}{long}.evil.example") for n in range(NAMES.thresholds["distinct_names"] - 1)]) == []
    many = Call(make)
    assert found([many.name(f"{n}.cdn.example") for n in range(400)]) == []


def test_benign_twin_pip(make: Any) -> None:
    call = Call(make)
    agent = ("User-Agent", 'pip/24.0 {"ci":null,"cpu":"x86_64","distro":{"name":"Debian"},"installer":{"name":"pip"}}' * 3)
    records = []
    for n in range(300):
        fields = [
            agent,
            ("Accept", "application/vnd.pypi.simple.v1+json, text/html;q=0.01"),
            ("Accept-Encoding", "identity"),
        ]
        records.append(call.ask(f"/simple/package-{n}/", [*fields, ("If-None-Match", f'"{n:032x}"')], status=304, size=0))
        records.append(call.ask(f"/packages/{n % 256:02x}/{n:060x}/package_{n}-1.{n}-py3-none-any.whl", fields))
        records.append(call.ask(f"/extra/package-{n}/", fields, status=404, size=100))
    assert found(records) == []


def test_benign_twin_npm(make: Any) -> None:
    call = Call(make)
    records = []
    common = [
        ("npm-session", "0123456789abcdef"),
        ("npm-command", "install"),
        ("user-agent", "npm/9.2.0 node/v18 linux x64"),
    ]
    for n in range(500):
        fields = [*common, ("pacote-version", "15.0.7"), ("pacote-pkg-id", f"registry:@scope/package-number-{n}@1.2.{n}")]
        records.append(call.ask(f"/@scope%2fpackage-number-{n}", [*fields, ("pacote-req-type", "packument")], size=20_000))
        digest = ("pacote-integrity", f"sha512-{n:086}==")
        target = f"/@scope/package-number-{n}/-/package-number-{n}-1.2.{n}.tgz"
        records.append(call.ask(target, [*fields, digest, ("pacote-req-type", "tarball")]))
    assert found(records) == []


def test_benign_twins_git_cookies_redirects_and_traced_apis(make: Any) -> None:
    git = Call(make)
    common = [
        ("User-Agent", "git/2.39.5"),
        ("Git-Protocol", "version=2"),
        ("Content-Type", "application/x-git-upload-pack-request"),
    ]
    fetches = [git.ask("/r.git/info/refs?service=git-upload-pack", common)]
    fetches += [git.ask("/r.git/git-upload-pack", common, sent=2000) for _ in range(50)]
    assert found(fetches) == []

    web = Call(make)
    session = [("Cookie", "session=" + "c" * 4000), ("Authorization", "Bearer " + "t" * 3000)]
    assert found([web.ask(f"/page/{n}", session) for n in range(200)]) == []

    signed = Call(make)
    records = []
    for n in range(200):
        target = f"/blob/{n}?X-Amz-Signature={n:0700}"
        signed.hidden.given([("Location", f"https://cdn.example{target}")])
        records.append(signed.ask(target, host="cdn.example"))
    assert found(records) == []

    api = Call(make)
    traced = [
        api.ask("/v1/messages", [("traceparent", f"00-{n:032x}-{n:016x}-01"), ("x-request-id", f"{n:032x}")], sent=20_000)
        for n in range(600)
    ]
    assert traced[-1].carried_bytes > REQUESTS.thresholds["carried_bytes"]
    assert found(traced) == []


def test_benign_twin_names_of_one_network_and_addresses(make: Any) -> None:
    call = Call(make)
    assert found([call.name(f"bucket-number-{n}.s3.region-{n % 4}.cloud.example") for n in range(40)]) == []
    assert found([make.flow(f"203.0.113.{n}", 443, via="connect", reason="allowed_observe") for n in range(250)]) == []
