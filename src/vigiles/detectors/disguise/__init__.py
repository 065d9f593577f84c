"""Tunnels in disguise: what an allowed host that plays along lets through inside TLS, known by how it behaves.

The nouns: a flow's reads become **turns** (one side's reads without a pause), turns become **events**: a *report* is a
message that the client begins and the far side answers at once; a *push* is one that nobody asked for. **Load** is what the
flow's own call computes, second by second. A miner reports what it finds while it computes, and is pushed new work while it
computes; its processor does not wait for any of them. A worker waits: before its job comes, and after its result. So flow
and processor must both speak, and of the same call: neither alone is a finding.

SSH inside TLS is told by the sizes of its records, which follow from SSH's packet format. Nothing is decrypted, and nothing
is concluded about what somebody types.
"""
