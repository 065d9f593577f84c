"""Floor 1: agent text made safe for a person's eyes.

Everything an agent can choose (argv, host names, file names, banners, labels) is hostile until it has gone through this
room. The nouns: **text** (one value for one line of a terminal), **table** (rows that fit a width, readable without colour),
**words** (numbers and times as a person reads them), **html** (pages, made of a type that no string can pass for). Records
keep the exact bytes; this room only shows them, so what it does can lose information but never act on the reader: no control
character, no terminal escape, no reordering, no tag, nothing invisible, nothing without an end.

What flows: ``str`` in, ``str``, ``Html`` or rich renderables made of such ``str`` out. Nobody builds rich *markup* from
agent text: ``[bold]`` is text like any other.
"""
