"""What a cell would have of the host, examined before it is made.

``examine`` puts together what the others find and what the profile says about it: ``sockets`` (a container runtime's socket
is root on the host), ``mounts`` (writable places of the host), ``machine`` (metadata services, ourselves being privileged),
``secret_files`` with ``tokens`` (credentials in the environment and in the work directory). A secret itself is never kept,
shown or recorded: only where it stands, of what kind it is, and a keyed digest.
"""
