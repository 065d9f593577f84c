"""Replaying a trajectory: somebody else's tool calls, performed again in a cell of ours.

What a transcript says (:mod:`vigiles.protocols.transcript`) is read from a file entry by entry (:mod:`source`). Each use of
a tool gets a **plan** (:mod:`plan`): a command for a shell, a process, or nothing that we could perform. A plan becomes a
call of one episode (:mod:`replay`), or is only put to the judge (:mod:`judging`). What the transcript says came of it is
compared with what came of it now (:mod:`compare`). All of it is one **report** (:mod:`report`).

Ids and names of the transcript are labels and arguments of our acts; numbers and ids are minted here.
"""
