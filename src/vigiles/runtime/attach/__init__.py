"""An episode around a container that runs already: sensors on its control group, and a door in its network namespace.

The nouns: the *container* is a control group with all that lives in it (:mod:`vigiles.cell.container`); it is one *call*,
whoever acts in it, for nobody has told us of others. The *watch* turns what the kernel's programs see in the group into
observations. The *door* is that of a cell; the container's packets are turned round to it by the kernel, and by that alone:
there is no listener, and none of a cell's other walls. ``attached`` is the episode, to which strikes are done as to any
other; ``attaching`` is the whole of it from the order to the report.
"""
