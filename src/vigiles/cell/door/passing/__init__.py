"""What passes between a client and the host that it may reach, once somebody has let it in.

A *promise* is what the first flight must be, and nothing goes on before it is known to be kept. HTTP is taken apart into
*exchanges*: one request and its answer, forwarded as a message, so that the server gets what was judged. *Admission* judges
one request, of whatever version of HTTP, and hears what it carried; a *relay* lets all other bytes pass both ways, counted,
within the allowance. All of it goes over wires, and need not know whether there is TLS on one.
"""
