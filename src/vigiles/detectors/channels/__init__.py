"""Channels between episodes that should know nothing of each other; the one detector that looks across episodes.

The nouns: a **sighting** is one thing that could carry a note, in one episode: a long word in a path that nobody published,
in a query, a header field, a refused name or a command line, or a place that the profile does not list. Two episodes with
the same thing are a **pair**. A pair waits until the second's call has ended, for what turns out to be published by then is
no note, and then it is a finding in both episodes. A **baseline** is how common words and shapes are in honest episodes.

:class:`~vigiles.detectors.channels.channels.Channels` is fed the records of all episodes, in the ledger's order.
"""
