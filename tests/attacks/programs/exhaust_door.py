"""Use up the door: ``flows`` connections held open, half of them with half a head, and as many opened and dropped. Succeeds
if the door does not come back when they are gone.
"""

import socket
import threading
import time

import connect_pipe
import say
import twins


def attack(given):
    held, errors = [], 0
    for number in range(2 * int(given["flows"])):
        try:
            sock = socket.create_connection(("127.0.0.1", 3128), timeout=2)
            if number % 2:
                sock.close()
                continue
            held.append(sock)
            if number % 4:
                sock.sendall(b"GET http://allowed.example/ HTTP/1.1\r\nX: ")
        except OSError:
            errors += 1
    for sock in held:
        sock.close()
    until = time.monotonic() + 8
    while time.monotonic() < until:
        try:
            if twins.fetch_allowed(given)[0]:
                return False, f"{len(held)} held, {errors} refused, then the door served again"
        except OSError:
            pass
        time.sleep(0.1)
    return True, f"{len(held)} held, {errors} refused, and the door is gone"


def twin(given):
    """Eight downloads at once, and a tunnel that is opened and left."""
    done = []
    threads = [threading.Thread(target=lambda: done.append(twins.fetch_allowed(given)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    sock, status = connect_pipe.through_proxy("allowed.example:443")
    sock.close()
    return done == [True] * 8 and " 200" in status, f"{len(done)} of 8, {status}"


say.main("exhaust_door", attack, twin)
