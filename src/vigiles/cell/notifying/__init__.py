"""The notifier: outside the cell, asked by the kernel, it knows whose each act is.

There is one process for each cell (``notifier``). *Calls* is its table: which listener and which UTS tag is which call's, so
that a record gets the right coordinates. It answers connect and bind with the caller's own socket in its hands
(``connecting``, of addresses as ``sockaddr`` reads them), says which *images* are executed, and tells the door whose a
connection is. *Owners* finds whose socket this is and on whose request a process acts; its *pace* keeps such look-ups, which
a workload can make dear, to a share of the notifier's time. The launcher imports this room before it forks.
"""
