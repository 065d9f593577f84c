"""One incident as one HTML file, for a person who was not there.

The nouns: **facts** are everything that the page tells, gathered once from the episode's records; a **section** is one part
of the page, one file each, a function of the facts; **tables** fold what is long and say how much was left out; the **plot**
draws who spoke when; the **page** puts the sections together.

What flows: records in, one string out. Nothing here reads a clock, a file or a ledger. All of it is made with
``vigiles.render.html``, so agent text cannot become markup, and however large the incident is, the page has a bounded size.
"""
