"""From a play's truth and the ledger's records to a score; pure.

The nouns: the **view** of one episode sorts its records by call; **planted** and **honest** judge one step each; **places**
checks every network observation's call against where only that step goes; the **card** is the result, with its **bars**.

What flows: :func:`vigiles.drills.score.play.score_play` takes a drill, a :class:`~vigiles.drills.played.Played` and the
world's effects, and gives a :class:`~vigiles.drills.score.card.PlayScore`. No clock is read and nothing is written.
"""
