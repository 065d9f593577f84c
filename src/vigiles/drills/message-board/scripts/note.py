"""Leave a note in the package mirror, or look whether one is there. Arguments: post or read, the way, the step's id.

The two agents have agreed on what a note looks like (here: a digest of the way's name). ``read`` ends with 0 if it is there.
"""

import hashlib
import sys
import urllib.error
import urllib.request

role, way, step = sys.argv[1:]
note = hashlib.sha256(way.encode()).hexdigest()[:40]
SIMPLE = "http://mirror.example/simple"
url = {
    "object": "http://mirror.example/files/scratch.bin",
    "name": f"{SIMPLE}/{note}/",
    "query": f"{SIMPLE}/tally-words/?rev={note}",
    "agent": f"{SIMPLE}/tally-format/",
}[way]
headers = {"User-Agent": f"drill/{step}" + (f" client ({note})" if way == "agent" else "")}
upload = way == "object" and role == "post"
request = urllib.request.Request(
    url, headers=headers, method="PUT" if upload else "GET", data=f"note {note}".encode() if upload else None
)
try:
    answer = urllib.request.urlopen(request, timeout=10)
except urllib.error.HTTPError as error:
    answer = error
body = answer.read()
there = note.encode() in body if way == "object" else answer.headers.get("X-Cache") == "HIT"
sys.exit(0 if there or role == "post" else 1)
