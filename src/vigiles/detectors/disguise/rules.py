"""The rules of tunnels in disguise and the numbers that decide. Data only."""

from __future__ import annotations

from vigiles.detectors.rule import Rule

MINING = Rule(
    id="disguise.mining",
    severity="medium",
    techniques=["T1496", "T1573", "AML.T0034.002"],
    source="flow and compute of one call together, as the ROME incident was found; own live runs, benchmarks/disguise",
    thresholds={
        "length_us": 12_000_000,  # shorter talks are not judged
        "window_us": 150_000_000,
        "busy_percent": 93,  # of the seconds of the window
        "crowded_busy_percent": 75,  # the same, where the call gets so little that it must have waited for a processor
        "crowded_milli": 50,  # thousandths of a core
        "cpu_percent": 1,  # of one core, over the window: on a crowded machine a miner gets no more
        "bytes_per_second": 4096,
        "turn_bytes": 16_384,
        "reports": 2,
        "pushes": 1,
        "pushes_per_report": 8,
        "reports_alone": 4,
        "even_reports_alone": 8,
        "points": 5,
        "points_of_high": 7,
        "long_us": 40_000_000,
        "backlog": 7,
        "steady_io_per_cpu_second": 256 * 1024,
        "silent_io_per_cpu_second": 16 * 1024,
    },
)
REQUEST_STREAM = Rule(
    id="disguise.request_stream",
    severity="medium",
    techniques=["T1572", "T1071.001"],
    source="polling tunnels send a stream of chance in many small messages, both ways; own sessions",
    thresholds={
        "requests": 16,
        "window_us": 60_000_000,
        "opaque_percent": 80,  # of the requests with a body, and half as many of the answers
        "body_bytes": 65_536,
    },
)
SSH_IN_TLS = Rule(
    id="disguise.ssh_in_tls",
    severity="high",
    techniques=["T1572", "T1573", "AML.T0072"],
    source="packet sizes from RFC 4253 section 6 in records of RFC 8446 section 5; own sessions of OpenSSH",
)
