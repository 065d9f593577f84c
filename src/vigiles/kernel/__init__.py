"""One kernel mechanism a file, by system call; nothing compiled, but the BPF object of ``ebpf``.

Every function here either does what its name says or raises OSError with the kernel's errno; deciding what that means
(and naming the remedy) is the cell's work. Sources: the Linux manual pages section 2, and the kernel's documentation of
Landlock (userspace-api/landlock) and seccomp (userspace-api/seccomp_filter).
"""
