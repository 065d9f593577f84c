"""The world, looked at from outside the cell: files and processes.

What the kernel announces by itself (connects, binds, program starts) comes from the notifier, what crosses the network
from the door. The rest has to be looked for, and that is this room:

- *files*: a cell works on an overlay, so everything it did to the work directory lies in the overlay's *upper* folder. A
  :class:`~vigiles.sensors.files.FileSensor` compares it with the *lower* folder, the work directory itself, and gives
  *changes*: those since its last look, and all of them. Without an overlay a
  :class:`~vigiles.sensors.snapshot.SnapshotSensor` compares two looks at the folder. Neither can name the acting process,
  so a change belongs to the only call that was open between two looks (*inferred*) or to one of several (*ambiguous*).
- *processes*: a :class:`~vigiles.sensors.scan.Scanner` lists a cell's processes with the call each belongs to, by its UTS
  tag, which a fork inherits and nobody can shed. :class:`~vigiles.sensors.accounts.Accounts` turns two scans, and what the
  cell's init reaped in between, into CPU time per call that never decreases.
  :class:`~vigiles.sensors.announced.Announced` remembers whose start is on record, so that a scan tells of the others only.
- *denials*: as root the kernel's audit records tell what Landlock refused. :class:`~vigiles.sensors.denials.Denials` picks
  those of one episode's calls, by the domain that each call has for its own.

- *two witnesses*: :class:`~vigiles.sensors.reconcile.Reconcile` compares what the kernel's programs saw with what the
  listener told, and returns what was never told.
- *floods*: :class:`~vigiles.sensors.flood.Floods` counts what comes too fast to be recorded one by one.

What flows: ``look()`` or ``scan()`` -> plain values -> the builders in :mod:`~vigiles.sensors.records` -> observations. What
could not be looked at (limits, a file that changed while it was read) is counted, and becomes a ``Gap``: loss is never
silent. The cell is hostile and moves while we look: nothing here follows a symbolic link or opens what is not a file.
"""
