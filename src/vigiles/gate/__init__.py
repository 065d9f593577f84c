"""The one door for acts: record, judge, record, perform or refuse, record.

An **act** comes in from a face with the **principal** that asks. The gate asks the pure **judge** (rules, budgets) and
writes act and **verdict** to the ledger; only when they are durable does it release the deed, and afterwards it writes the
**result**. If the ledger cannot be written, nothing happens. Our own responses and people's approvals pass here too:
nothing else in Vigiles joins a verdict to a deed.
"""
