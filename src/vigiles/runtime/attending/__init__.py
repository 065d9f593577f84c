"""A command that opens a cell and attends to it until its end: one agent's run, or a cell for calls from outside.

- A **cell order** is what a face was asked for, of the cell that it opens.
- An **agent run** is one agent in one cell, as its root process; an **interactive shell** is a person's bash in its place.
- An **open cell** has no command of its own: its owner's **client** has each call performed.
- While it is **attended**, orders from outside are taken and news of the episode are told.
- **Standard streams** and the person's **terminal** are joined to those inside the cell.

What flows where: a face's options become an order, the order an episode; what the person types goes in, the agent's
bytes come out, and the exit status is the face's to give.
"""
