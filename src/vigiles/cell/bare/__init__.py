"""A cell of tier U-: for an ordinary user on a machine where no namespace can be made.

There is no view of mounts, no network of its own and no process table of its own. What stands in their place: Landlock for
files, TCP ports, signals and abstract sockets; a longer seccomp program (``filter``) that leaves no socket but TCP and Unix
streams; a **notifier** (``watcher``) that connects, binds, listens and changes modes itself, for what is the cell's own
and nothing else (``network``, ``attributes``), and hands what leads out to the door (``passage``); and subreapers, from
which no process can get away: a **keeper** for each call, **init** above the keepers, the notifier above init. Each of them
kills what is below when what is above it ends.
"""
