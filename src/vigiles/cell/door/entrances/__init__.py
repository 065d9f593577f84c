"""Where connections come in, and how each says where it wants to go.

There are three ports: *proxy* (CONNECT and requests in absolute form), *socks* (version 5), and *transparent* (connects of
programs that know no proxy). ``accept`` takes connections in at all of them, up to a limit, and has each one's caller found
before a byte is read; where the door has no listeners they are *handed* over by the notifier, with the call's name. An
entrance begins a flow and judges its host. A *tunnel* is what they have in common: a byte stream to one host, whose first
flight says whether it goes on as it is, ends in :mod:`~vigiles.cell.door.tls`, or is read in
:mod:`~vigiles.cell.door.passing`.
"""
