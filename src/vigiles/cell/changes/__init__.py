"""What becomes of an episode's changes to its work directory, when it has ended or a person has looked.

A change is *wanted* in the words of the sensor that saw it. ``apply`` writes it back to the real directory, or it is *held*:
its content lies in a folder (``held_files``), and ``held.json`` there is the list of them (``held_list``), changed by one
hand at a time. ``held_content`` shows a person both sides of one, and ``take_over`` writes it after all. *Places* are opened
relative to descriptors, never through a symbolic link, and ``links`` says which links may stand: an episode that made them
is not to choose what is written where.
"""
