"""Floor 6: what to do about an incident.

The nouns: a **plan** is the list of response kinds that a profile asks for at a severity, less what was already done; an
**act** is one response on its way through the gate, like anybody else's. Striking itself is the runtime's; seeing is the
detectors', who never come here.

What flows: an incident, its newest finding and the profile's table in; response kinds out; then one act each, which the
gate records and judges before anything is cut, frozen or ended.
"""
