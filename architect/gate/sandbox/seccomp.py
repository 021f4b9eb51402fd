"""Which system calls a worker may make: an allowlist as a BPF program of our own.

Three answers. Allowed is what a computing Python process needs: memory, time, its
channel. Killed at once is what no honest module ever tries: programs, processes,
networks, other processes, the kernel's own surface. All else fails with EPERM (ENOSYS
where the C library then has another way), so that an honest late import or a thread
is an ordinary Python error. It filters numbers and flags; it cannot see paths.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterator

from architect.gate.sandbox import kernel

ALLOWED = kernel.words("""
    read write futex mremap munmap madvise brk clock_gettime getpid gettid
    rt_sigreturn rt_sigaction rt_sigprocmask sigaltstack close fstat lseek
    clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage
    getuid geteuid getgid getegid getppid getrandom sched_yield restart_syscall
    exit exit_group
    """)

KILLED = kernel.words("""
    execve execveat fork vfork
    kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal pidfd_open
    pidfd_getfd ptrace process_vm_readv process_vm_writev process_madvise kcmp
    socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg
    io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd
    add_key request_key keyctl open_by_handle_at unshare setns chroot pivot_root
    mount umount2 open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
    setuid setgid setreuid setregid setresuid setresgid setgroups
    init_module finit_module delete_module kexec_load kexec_file_load reboot
    swapon swapoff sethostname clock_settime
    """)

# linux/seccomp.h
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_MODE_FILTER = 2
_AT_NUMBER, _AT_ARCH, _AT_ARGS = 0, 4, 16
# linux/bpf_common.h: load a word, compare, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

_PROT_EXEC, _CLONE_THREAD, _X32 = 0x4, 0x00010000, 0x40000000

_Step = tuple[int, int, int, int]


def program(also: tuple[str, ...] = ()) -> bytes:
    """Return the BPF program for this machine; KeyError on an unknown one.

    `also` are further calls to allow: none for what the gate judges.
    """
    return b"".join(struct.pack("=HBBI", *step) for step in _steps(also))


def _steps(also: tuple[str, ...]) -> Iterator[_Step]:
    numbers = kernel.NUMBERS
    yield (_LOAD, 0, 0, _AT_ARCH)
    yield (_EQUAL, 1, 0, kernel.AUDIT_ARCH[kernel.MACHINE])
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _AT_NUMBER)
    # Numbers from here on are x86_64's second table, which would pass every test.
    yield (_AT_LEAST, 0, 1, _X32)
    yield (_RETURN, 0, 0, _KILL)
    for name in (*ALLOWED, *also):
        if name in numbers:
            yield from _answer(numbers[name], _ALLOW)
    for name in ("mmap", "mprotect"):
        yield from _by_bit(numbers[name], 2, _PROT_EXEC, _errno(errno.EPERM), _ALLOW)
    yield from _by_bit(numbers["clone"], 0, _CLONE_THREAD, _errno(errno.EPERM), _KILL)
    yield from _answer(numbers["clone3"], _errno(errno.ENOSYS))
    for name in KILLED:
        if name in numbers:
            yield from _answer(numbers[name], _KILL)
    yield (_RETURN, 0, 0, _errno(errno.EPERM))


def _errno(number: int) -> int:
    return _ERRNO | number


def _answer(number: int, answer: int) -> Iterator[_Step]:
    yield (_EQUAL, 0, 1, number)
    yield (_RETURN, 0, 0, answer)


def _by_bit(
    number: int, argument: int, bit: int, if_set: int, if_not: int
) -> Iterator[_Step]:
    # The low half of the argument; both machines are little-endian.
    yield (_EQUAL, 0, 4, number)
    yield (_LOAD, 0, 0, _AT_ARGS + 8 * argument)
    yield (_ANY_BIT, 0, 1, bit)
    yield (_RETURN, 0, 0, if_set)
    yield (_RETURN, 0, 0, if_not)


def install(filter_program: bytes) -> None:
    """Put the program on this process, for good. Needs no_new_privs set before."""
    code = ctypes.create_string_buffer(filter_program, len(filter_program))
    length = len(filter_program) // 8
    header = ctypes.create_string_buffer(
        struct.pack("@HP", length, ctypes.addressof(code))
    )
    kernel.syscall(
        kernel.NUMBERS["prctl"], kernel.PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0
    )
