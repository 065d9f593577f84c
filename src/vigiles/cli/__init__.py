"""Floor 9: the command line.

``main`` finds a command and imports it only then. One command, one file: it parses into plain values, and its ``run`` does
the work without the command line and returns the exit code. Errors of ours become one line and a remedy.

- A **room** holds the commands about one thing, mostly a group of the command line, and what only they share; that of
  ``eval`` is :mod:`~vigiles.cli.evaluation`. A file is named for its command's last word, in the other form where Python
  has that word already: ``listing``, ``opening``, ``executing``, ``importing``, ``testing``.
- The **heart**, in no room, is what any command may use: options, failures, columns, the current folder; and the commands
  that are alone: ``doctor``, ``drill``, ``metrics``, ``stop``.

What flows where: words go from ``main`` to a command, which asks the runtime, and prints what comes back. Rooms look one
way; most know no other.
"""
