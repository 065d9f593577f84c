"""What the door sees and hears, and how it becomes records.

The nouns: a *flow* is one conversation, counted and listened to until its last record; what is *overheard* of one request in
clear is a record of its own; the *roll* holds the flows that are open, for a cut runs through it and a clock ends what has
gone quiet; the *report* stamps every record with its call and sends it to the supervisor, folded into counts where there
are too many. Callers and credentials are asked for whose a record is and what must be hidden in it. Who lets bytes pass
writes into a flow; nothing here decides what may go out.
"""
