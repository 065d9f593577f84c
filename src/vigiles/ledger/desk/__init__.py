"""The reading desk: a process that shows records to other users of the machine, each as much as that user may read.

The nouns: a **right** is ``bodies`` (everything) or ``headers`` (what an erasure leaves: number, type, ids, time, leaf and
proof). The settings name the **readers**, groups of the operating system, and the kernel says who asks. The store itself
stays closed to all but its owner; what a reader may not have is never put into an answer.
"""
