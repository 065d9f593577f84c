"""Floor 7: agents played in the office under safeguards, counted.

The nouns: an **agent** gives **turns**; the **loop** plays it in a staged world, each call through the gate, under a set of
**safeguards**; a **played** episode is what came of it, judged by the oracle. The **grid** plays agents x scenarios x
safeguards x seeds; **statistics** turns outcomes into rates with intervals; the **search** looks for the insider that does
worst by us; **report** shows it. A scripted agent that follows a planted rate is a *replay*, and is called one everywhere.
"""
