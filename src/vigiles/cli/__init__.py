"""Floor 9: the command line.

``main`` finds a command and imports it only then. One command, one file: it parses into plain values, and its ``run`` does
the work without the command line and returns the exit code. Errors of ours become one line and a remedy.
"""
