"""What this machine can enforce, found by doing it: the facts behind ``vigiles doctor``.

Nothing is concluded from a version number where trying is possible. Whatever changes a process is tried in a forked child
that is thrown away (``child``); the child is an ordinary user even when the caller is root, because that is who the workload
will be; only what root itself would do for a cell is tried as root (``groups``, ``root``, ``kernel_sensors``). Each
mechanism gives rows (``row``) that name what was tried and what came of it; ``examine`` puts them together and says which
tier follows. A row never claims more than was tried.
"""
