"""Tasks of a user, threads counted."""

from __future__ import annotations

import os
import threading

from vigiles.kernel import user_tasks


def test_threads_count() -> None:
    ended = threading.Event()
    threads = [threading.Thread(target=ended.wait) for _ in range(20)]
    before = user_tasks.count(os.geteuid())
    for thread in threads:
        thread.start()
    during = user_tasks.count(os.geteuid())
    ended.set()
    for thread in threads:
        thread.join()
    assert before >= 1
    assert during >= before + 10  # others of the user may end meanwhile
