"""Floor 0: the words of Vigiles as pure, frozen, canonical records.

The nouns, in the order of one tool call's life:

- a **principal** asks for an **act**, which stands at **coordinates** (run / episode / turn / call);
- the gate's **verdict** joins the act to a reason code and the **ruleset** that gave it;
- a **result** says how the deed ended;
- **observations** (process, connect, bind, DNS, flow, file, compute) say what the world saw, each with an
  **attribution**: which call, by which methods, with which grade;
- a **claim** is what a harness says happened, kept apart from what was seen;
- a **finding** is what a detector concludes; an **incident** joins findings; a **response** is what we did;
- **feedback** is what training is told about one call.

Every record that reaches the ledger is an :class:`~vigiles.model.record.Event`: it has an id, a
:class:`~vigiles.model.stamp.Stamp` (wall, monotonic, boot) and, where it belongs to work, coordinates. Bytes are made by
:mod:`~vigiles.model.canonical` alone, so that a digest taken anywhere is the same digest.

Nothing here reads a clock, draws a random number or touches a file; it needs the standard library and msgspec only.
"""
