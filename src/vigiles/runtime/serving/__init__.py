"""What asks a running episode from outside its supervisor, by sockets: few words, each from one whom the kernel names.

- **Control** is the door by which a person stops a run: a **named socket** in the home, which no cell sees.
- The **cell server** has its owner's calls performed in a running cell, and closes it.
- The **shim server** is asked from inside: each shell that an agent starts becomes a call of the same cell.
- What an asker **hands over** comes with its descriptors; while its call runs it is **followed**: its signals go to the
  call, and its end is the call's.

What flows where: a request is only data; it becomes an act of the episode, judged like any other, and a call; the outcome
goes back on the same line.
"""
