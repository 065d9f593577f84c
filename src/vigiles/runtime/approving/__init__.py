"""What persons say through Vigiles itself: each word an act that passes the gate, never a side door.

- **Principals** are who is registered in a home, with the keys of those who can sign; the register is the ledger.
- A **person's act** is an act of kind *approval*, by the person whose user id the kernel tells.
- Acts that wait stand in a **queue**; a signed word on one is a grant. The **approvals** of a running episode watch the
  ledger for grants and check each of them against the register.
- A **review** takes over, or discards, what was held back of an episode's changes. An **incident word** acknowledges,
  suppresses or closes an incident. A model version **held** runs no further episode until a person lifts that.

What flows where: a face hands in the person's word; judged and recorded, it reaches the ledger; a running episode reads it
there.
"""
