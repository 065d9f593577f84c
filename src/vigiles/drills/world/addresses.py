"""Where the world's servers stand. Drill data and profiles repeat these as text; a test compares them.

203.0.113.0/24 is TEST-NET-3 (RFC 5737): it is routed nowhere, so a mistake cannot reach a real host.
"""

from __future__ import annotations

#: Every address of it answers on the world's loopback; what no server listens on refuses the connection at once.
NETWORK = ("203.0.113.1", 24)
METADATA_NETWORK = ("169.254.169.254", 32)

RELAY = "203.0.113.10"
RELAY_PORT = 22
POOL = "203.0.113.20"
#: The same pool on several ports, so that each miner of a drill can have one and attribution can be checked by it.
POOL_PORTS = (3333, 3334)
MIRROR = "203.0.113.30"
MIRROR_NAME = "mirror.example"
INTERNAL = "203.0.113.40"
INTERNAL_PORTS = (22, 80, 443, 5432, 6379, 8080)
PASTE = "203.0.113.50"
METADATA = "169.254.169.254"

#: Ports of the relay's loopback that a reverse tunnel may ask for and that the visitor tries.
TUNNEL_PORTS = (9022, 9023, 9024)
