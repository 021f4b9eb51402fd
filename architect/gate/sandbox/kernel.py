"""The few kernel calls that Python's standard library does not offer.

Numbers are those of the kernel's own tables for x86_64 and aarch64. Nothing here
decides what is allowed; `seccomp` and `landlock` do.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

MACHINE = platform.machine()

# prctl(2) and linux/prctl.h
PR_SET_PDEATHSIG, PR_GET_PDEATHSIG = 1, 2
PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 38, 39

_CAPABILITY_VERSION = 0x20080522  # linux/capability.h: the third, 64 bits wide

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(number: int, *args: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make one system call; OSError carries its errno."""
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result: int = _libc.syscall(ctypes.c_long(number), *wide)
    if result == -1:
        number_of_error = ctypes.get_errno()
        raise OSError(number_of_error, os.strerror(number_of_error))
    return result


def prctl(option: int, argument: int | ctypes.Array[ctypes.c_char] = 0) -> int:
    """Make one prctl call; OSError carries its errno."""
    return syscall(NUMBERS["prctl"], option, argument, 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability, also those that a normal user may have been given."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION, 0), 8)
    syscall(NUMBERS["capset"], header, ctypes.create_string_buffer(24))


def capabilities() -> bool:
    """Return whether this process holds or could take any capability."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION, 0), 8)
    held = ctypes.create_string_buffer(24)
    syscall(NUMBERS["capget"], header, held)
    # Two halves, each effective, permitted, inheritable.
    return any(held.raw)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a table written as text."""
    return tuple(text.split())


def _table(text: str) -> dict[str, int]:
    cells = words(text)
    return {cells[i]: int(cells[i + 1]) for i in range(0, len(cells), 2)}


# Numbers from 424 on are the same on every architecture.
_COMMON = _table("""
    pidfd_send_signal 424 io_uring_setup 425 io_uring_enter 426 io_uring_register 427
    open_tree 428 move_mount 429 fsopen 430 fsconfig 431 fsmount 432 fspick 433
    pidfd_open 434 clone3 435 pidfd_getfd 438 process_madvise 440 mount_setattr 442
    landlock_create_ruleset 444 landlock_add_rule 445 landlock_restrict_self 446
    """)
_X86_64 = _table("""
    read 0 write 1 open 2 close 3 stat 4 fstat 5 lseek 8 mmap 9 mprotect 10 munmap 11
    brk 12 rt_sigaction 13 rt_sigprocmask 14 rt_sigreturn 15 sched_yield 24 mremap 25
    madvise 28 nanosleep 35 setitimer 38 getpid 39 socket 41 connect 42 accept 43 sendto 44
    sendmsg 46 bind 49 listen 50 socketpair 53 clone 56 fork 57 vfork 58 execve 59
    exit 60 kill 62 chmod 90 gettimeofday 96 getrusage 98 times 100 ptrace 101
    getuid 102 getgid 104 setuid 105 setgid 106 geteuid 107 getegid 108 getppid 110
    capget 125 capset 126 setreuid 113 setregid 114 setgroups 116 setresuid 117 setresgid 119
    rt_sigqueueinfo 129 sigaltstack 131 pivot_root 155 prctl 157 chroot 161 mount 165
    umount2 166 swapon 167 swapoff 168 reboot 169 sethostname 170 init_module 175
    delete_module 176 gettid 186 tkill 200 time 201 futex 202 restart_syscall 219
    clock_settime 227 clock_gettime 228 clock_getres 229 clock_nanosleep 230
    exit_group 231 tgkill 234 kexec_load 246 add_key 248 request_key 249 keyctl 250
    unshare 272 accept4 288 rt_tgsigqueueinfo 297 perf_event_open 298
    open_by_handle_at 304 setns 308 sendmmsg 307 process_vm_readv 310
    process_vm_writev 311 kcmp 312 finit_module 313 getrandom 318 kexec_file_load 320
    bpf 321 execveat 322 userfaultfd 323
    """)
_AARCH64 = _table("""
    umount2 39 mount 40 pivot_root 41 chroot 51 close 57 lseek 62 read 63 write 64
    fstat 80 exit 93 exit_group 94 unshare 97 futex 98 nanosleep 101 setitimer 103
    kexec_load 104 init_module 105 delete_module 106 clock_settime 112 clock_gettime 113
    clock_getres 114 clock_nanosleep 115 ptrace 117 sched_yield 124 restart_syscall 128
    kill 129 tkill 130 tgkill 131 sigaltstack 132 rt_sigaction 134 rt_sigprocmask 135
    rt_sigqueueinfo 138 rt_sigreturn 139 reboot 142 setregid 143 setgid 144
    setreuid 145 setuid 146 setresuid 147 setresgid 149 times 153 setgroups 159
    sethostname 161 getrusage 165 prctl 167 gettimeofday 169 getpid 172 getppid 173
    getuid 174 geteuid 175 getgid 176 getegid 177 gettid 178 socket 198 socketpair 199
    bind 200 listen 201 accept 202 connect 203 sendto 206 sendmsg 211 brk 214 munmap 215
    mremap 216 add_key 217 request_key 218 keyctl 219 clone 220 execve 221 mmap 222
    swapon 224 swapoff 225 mprotect 226 madvise 233 rt_tgsigqueueinfo 240
    perf_event_open 241 accept4 242 open_by_handle_at 265 setns 268 sendmmsg 269
    capget 90 capset 91 process_vm_readv 270 process_vm_writev 271 kcmp 272
    finit_module 273 getrandom 278 bpf 280 execveat 281 userfaultfd 282 kexec_file_load 294
    """)
_TABLES = {"x86_64": _X86_64, "aarch64": _AARCH64}
# linux/audit.h: the architecture that a system call is made for.
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# On another machine the table is empty and the seccomp layer refuses to be built.
NUMBERS: dict[str, int] = {**_COMMON, **_TABLES[MACHINE]} if MACHINE in _TABLES else {}
