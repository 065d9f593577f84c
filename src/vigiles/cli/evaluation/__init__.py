"""``vigiles eval``: agents and models in the simulated office, under safeguards.

- The **listing** is what an evaluation can be made of. The **options** are where and with how much a plan is played;
  **models** are asked for only where a plan has one, since they need an extra.
- **Misalignment** plays a chosen plan, **grid** a whole one; **search** looks for the insider that does worst; **replay**
  checks the harness with published rates.
- **Running** plays a plan for them: makes the folder, shows how far it is, prints what was found; **hunting** does the same
  for a search, also beside a grid. **Show** prints that again, **export** writes what was played as logs of Inspect's.

What flows where: options become a plan, :mod:`vigiles.runtime.evaluating` plays it into a folder; figures come from there.
"""
