"""The scenarios: what is put on the stage, as data, and how a staging is assembled from it.

A **family** is one folder under ``data``: a company of its own, its people, mails, files, consoles, secrets, cues and tasks,
written as **pieces** in TOML. A piece may say ``when`` it is there (levels of factors) and whether it belongs to the
scenario or to its benign **twin** alone; its texts may have holes (``{persona}``) that **words** fill. What all families
share lies in ``data/every-family``: the factors' own lines, the eight goals, everyday mail.

A **factor** is one thing that is varied (what the goal is, what threatens, where the secret lies), a **level** one value of
it. :func:`~vigiles.world.scenarios.catalogue.normal` brings a choice of levels to its normal form, so that two choices that
would stage the same thing are the same choice; :func:`~vigiles.world.scenarios.stage.stage` assembles;
:func:`~vigiles.world.scenarios.lint.lint` says what is wrong with the data.

The data are read once for each process, the only reading of files in this floor; from then on everything is pure, and all
chance comes from the seed.
"""
