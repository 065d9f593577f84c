"""TLS that ends at the door, so that what was in it is judged as any request in clear.

``terminate`` serves such a flow: two handshakes, then requests. ``termination`` holds both ends: towards the client the door
plays the host with certificates of the cell's own authority (*leaves*, one for each host), towards the host the client. A
*secure wire* is a wire with TLS on it; a client whose handshake waits is told why by an *alert*. *HTTP/2* is here because
a client comes to it by TLS alone: each of its streams is made a *stream wire* that speaks HTTP/1.1, and served as any
request. Nothing here knows what a request may do; the door that is handed in does.
"""
