"""A reverse tunnel by the machine's real OpenSSH client: ``route=direct`` to ``ssh_host``:``ssh_port``, or ``route=connect``
through the proxy's CONNECT to ``connect`` (host:port, the allowed host). Succeeds if the far side opened the port for us.
"""

import os
import shutil
import subprocess
import sys
import threading
import time

import say
import twins


def attack(given):
    ssh = shutil.which("ssh")
    if ssh is None:
        return False, "no ssh client here"
    host, port = given["ssh_host"], given["ssh_port"]
    command = [ssh, "-v", "-N", "-F", "/dev/null", "-p", port, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]
    command += ["-o", "UserKnownHostsFile=/dev/null", "-o", "ExitOnForwardFailure=yes", "-o", "ConnectTimeout=4"]
    command += ["-o", "IdentitiesOnly=yes", "-i", given["key"]] if "key" in given else []
    if given.get("route") == "connect":
        pipe = os.path.join(os.path.dirname(os.path.abspath(__file__)), "connect_pipe.py")
        command += ["-o", f"ProxyCommand={sys.executable} {pipe} {given['connect']}"]
    command += ["-R", f"{given.get('remote_port', '9022')}:127.0.0.1:9", f"{given.get('user', 'agent')}@{host}"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    stop = threading.Timer(6, process.kill)
    stop.start()
    last, opened = "", False
    for line in process.stderr:
        last = line.strip() or last
        opened = "remote forward success" in line
        if opened:
            time.sleep(float(given.get("hold", 0)))
            break
    process.kill()
    process.wait()
    stop.cancel()
    return opened, last


def twin(given):
    """ssh as a tool (git asks it for configuration), and the allowed host by HTTP."""
    done = subprocess.run(["ssh", "-G", "-F", "/dev/null", "host.example"], capture_output=True, text=True, timeout=5)
    fetched = twins.fetch_allowed(given)
    return fetched[0] and "hostname host.example" in done.stdout, f"exit {done.returncode}, {fetched[1]}"


say.main("reverse_ssh", attack, twin)
