"""Linux system calls that Python 3.11's standard library lacks."""

import ctypes
import fcntl
import os
import struct
import termios
from collections.abc import Iterable

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

# The capabilities a container has by default (containerd's list; numbers of linux/capability.h): chown, dac_override,
# fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap.
CONTAINER_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})

# statvfs flags that an unprivileged remount has to keep, with the mount flags they stand for.
_LOCKED_FLAGS = ((os.ST_NOSUID, MS_NOSUID), (os.ST_NODEV, MS_NODEV), (os.ST_NOEXEC, MS_NOEXEC))
_ATIME_FLAGS = ((os.ST_NOATIME, 0x400), (os.ST_NODIRATIME, 0x800), (os.ST_RELATIME, 0x200000))

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """Leave the named namespaces for new ones. Raises OSError."""
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(fd: int, kind: int = 0) -> None:
    """Enter the namespace that `fd` refers to. Raises OSError."""
    _checked(_libc.setns(ctypes.c_int(fd), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). Raises OSError that names the target."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    _checked(result, f"mount {kind or source} on {target}")


def bind(source: str, target: str, *, read_only: bool = False, devices: bool = True) -> None:
    """Show `source` (file or folder, with what is mounted below it) at the existing `target`."""
    mount(source, target, flags=MS_BIND | MS_REC)
    wanted = (MS_RDONLY if read_only else 0) | (0 if devices else MS_NODEV)
    if wanted:
        _restrict(target, wanted)


def _restrict(target: str, wanted: int) -> None:
    """Remount the bind mount at `target` with more flags, keeping those that an unprivileged user may not drop."""
    have = os.statvfs(target).f_flag
    kept = sum(flag for bit, flag in (*_LOCKED_FLAGS, *_ATIME_FLAGS) if have & bit)
    mount("", target, flags=MS_BIND | MS_REMOUNT | wanted | kept)


def pivot_root(new_root: str) -> None:
    """Make `new_root` (a mount point) the root of this mount namespace and let go of the old one."""
    os.chdir(new_root)
    _checked(_libc.pivot_root(b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument. Raises OSError."""
    _checked(_libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), 0, 0, 0), "prctl")


def drop_capabilities(keep: Iterable[int]) -> None:
    """Shrink the bounding set to `keep`, so that the next program of user 0 has no others."""
    kept = frozenset(keep)
    for capability in range(64):
        if capability not in kept:
            try:
                prctl(PR_CAPBSET_DROP, capability)
            except OSError:
                return  # numbers beyond the kernel's last capability


def set_terminal_size(fd: int, cols: int, rows: int) -> None:
    """TIOCSWINSZ on a pty."""
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
