"""Commands that open a cell, perform calls in one, or end it.

- The **options** are those of every command that opens a cell; checked, they are the keywords of a cell order.
- **Run** has one agent in a cell; **opening** keeps a cell for calls that come from outside, **executing** performs one of
  them, **close** ends it. **Attach** puts a container that runs already under watch.
- A **replay** performs somebody else's calls again; its **view** is the table of them.
- **Attending** is what is said of an episode: warnings before, news meanwhile, a summary at the end. The **preflight view**
  says what a cell has of the host.

What flows where: a command's words become an order for :mod:`vigiles.runtime.attending`; its report comes back, goes to
standard error, and its code is ours. Standard output is the agent's.
"""
