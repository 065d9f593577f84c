"""Trajectories of tool calls as others write them down. Pure; whoever reads the file is above.

A **trajectory** is a file: JSON lines, or one JSON document. Its **entries** are tool calls one a line, messages of a chat
(OpenAI's, Anthropic's) or items of the Responses form, also mixed. Each entry *says* things (:mod:`said`): that a tool was
used, what a tool put out, that the model's next turn begins. Ids and names in it are what the transcript says, nothing more.
"""
