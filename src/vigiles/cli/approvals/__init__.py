"""Acts that wait for a person: who looks at one, and signs a yes or a no.

- The **listing** says which wait, **show** all of one. The **view** is that act as a person sees it, made safe to print.
- **Grant** and **refuse** are the same **word** with another sense: find the act, sign it, record it.

What flows where: an act comes from the ledger through the view to the person, whose signed word goes to
:mod:`vigiles.runtime.approving`; what the supervisor made of it is printed.
"""
