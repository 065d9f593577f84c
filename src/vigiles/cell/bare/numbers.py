"""The numbers of the system calls that only tier U- judges. Sources as in :mod:`vigiles.kernel.syscall_numbers`."""

from __future__ import annotations

_ALIKE = {"fchmodat2": 452, "setxattrat": 463, "removexattrat": 466, "file_setattr": 469}

NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "shmget": 29, "shmat": 30, "shmctl": 31, "listen": 50, "semget": 64, "semop": 65, "semctl": 66, "msgget": 68,
        "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94,
        "utime": 132, "setpriority": 141, "sched_setparam": 142, "sched_setscheduler": 144, "setxattr": 188,
        "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197,
        "lremovexattr": 198, "fremovexattr": 199, "sched_setaffinity": 203,
        "semtimedop": 220, "utimes": 235, "mq_open": 240, "mq_unlink": 241, "ioprio_set": 251, "fchownat": 260,
        "futimesat": 261, "fchmodat": 268, "utimensat": 280, "sched_setattr": 314, **_ALIKE,
    },
    "aarch64": {
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16,
        "ioprio_set": 30, "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55, "utimensat": 88, "sched_setparam": 118,
        "sched_setscheduler": 119, "sched_setaffinity": 122, "setpriority": 140, "mq_open": 180, "mq_unlink": 181,
        "msgget": 186, "msgctl": 187, "msgrcv": 188, "msgsnd": 189, "semget": 190, "semctl": 191, "semtimedop": 192,
        "semop": 193, "shmget": 194, "shmctl": 195, "shmat": 196, "listen": 201, "sched_setattr": 274, **_ALIKE,
    },
}  # fmt: skip
