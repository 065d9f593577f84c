"""Who is registered in a home, and with which key.

- A **key** is made for a person who is to approve acts. **Add** and **remove** change the register, on record.
- The **listing** and **show** print it; **export** writes it for another home, **importing** takes it in there.

What flows where: the register is read from the ledger and changed through :mod:`vigiles.runtime.approving`.
"""
