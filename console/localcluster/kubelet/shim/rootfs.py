"""A container's private root: a tmpfs with this machine's programs shown read-only and the manifest's volumes in place.

Everything here runs in the container's own mount namespace, before its program starts; the host never sees it.
"""

import errno
import os
import stat
from typing import Any

from . import kernel

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = (
    ("fd", "/proc/self/fd"),
    ("stdin", "fd/0"),
    ("stdout", "fd/1"),
    ("stderr", "fd/2"),
    ("ptmx", "pts/ptmx"),
)
# What a runtime hides or write-protects, since a container's user 0 may otherwise change the machine by it.
_PROTECTED = ("sys", "sysrq-trigger", "irq", "bus")
_HIDDEN = ("kcore", "keys", "timer_list")


def build(root: str, layers: list[list[Any]], mounts: list[dict[str, Any]], *, shm: str, user_namespace: bool) -> None:
    """Lay out `root` and make it this process's root. Raises OSError that names the place."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    os.makedirs(root, exist_ok=True)
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=256m")
    for layer in layers:
        _apply(root, layer)
    _mount_proc(root)
    _mount_sys(root)
    _make_devices(root, shm, user_namespace=user_namespace)
    _show_volumes(root, sorted(mounts, key=lambda entry: len(entry["target"])))
    kernel.pivot_root(root)


def _show_volumes(root: str, mounts: list[dict[str, Any]]) -> None:
    """Put volumes into place as seen from inside `root`: a link in one of them, or `..`, leads nowhere else.

    Devices in them stay closed, since a container may make nodes of any device.
    """
    outside = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    sources = [open_below(mount["source"], mount.get("sub_path", "")) for mount in mounts]
    os.chroot(root)
    for fd, mount in zip(sources, mounts, strict=True):
        _show(f"/proc/self/fd/{fd}", mount["target"], read_only=mount.get("read_only", False), devices=False)
        os.close(fd)
    os.fchdir(outside)
    os.chroot(".")
    os.close(outside)


def open_below(place: str, sub_path: str) -> int:
    """Return a descriptor of `place`/`sub_path`, in which no link is followed: a pod may have just put one there."""
    fd = os.open(place, os.O_PATH | os.O_CLOEXEC)
    for part in filter(None, sub_path.split("/")):
        outer, fd = fd, os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
        os.close(outer)
        if stat.S_ISLNK(os.fstat(fd).st_mode):
            raise OSError(errno.ELOOP, f"subPath {sub_path} leads out of the volume")
    return fd


def _apply(root: str, layer: list[Any]) -> None:
    """Carry out one step of console.localcluster.images.layout."""
    kind, *rest = layer
    if kind == "dir":
        os.makedirs(root + rest[0], exist_ok=True)
        os.chmod(root + rest[0], rest[1])
    elif kind == "bind":
        _show(rest[0], root + rest[1], read_only=True)
    elif kind == "link":
        os.makedirs(os.path.dirname(root + rest[1]), exist_ok=True)
        os.symlink(rest[0], root + rest[1])
    elif kind == "file":
        os.makedirs(os.path.dirname(root + rest[0]), exist_ok=True)
        with open(root + rest[0], "w") as file:
            file.write(rest[1])
        os.chmod(root + rest[0], rest[2])
    elif kind == "tmpfs":
        kernel.mount("tmpfs", root + rest[0], "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")


def _show(source: str, target: str, *, read_only: bool, devices: bool = True) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.bind(source, target, read_only=read_only, devices=devices)


def _mount_proc(root: str) -> None:
    proc = f"{root}/proc"
    os.makedirs(proc, exist_ok=True)
    try:
        kernel.mount("proc", proc, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    except PermissionError:
        # A machine that is itself a container with a masked /proc forbids a fresh one: the host's is shown.
        kernel.bind("/proc", proc)
        return
    for name in _PROTECTED:
        if os.path.exists(f"{proc}/{name}"):
            kernel.bind(f"{proc}/{name}", f"{proc}/{name}", read_only=True)
    for name in _HIDDEN:
        if os.path.exists(f"{proc}/{name}"):
            kernel.bind("/dev/null", f"{proc}/{name}")


def _mount_sys(root: str) -> None:
    flags = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    os.makedirs(f"{root}/sys", exist_ok=True)
    try:
        kernel.mount("sysfs", f"{root}/sys", "sysfs", flags)
    except OSError:
        kernel.bind("/sys", f"{root}/sys", read_only=True)


def _make_devices(root: str, shm: str, *, user_namespace: bool) -> None:
    dev = f"{root}/dev"
    os.makedirs(dev, exist_ok=True)
    kernel.mount("tmpfs", dev, "tmpfs", kernel.MS_NOSUID, "mode=755,size=64k")
    for name in _DEVICES:
        _show(f"/dev/{name}", f"{dev}/{name}", read_only=False)
    os.mkdir(f"{dev}/pts")
    options = "newinstance,ptmxmode=0666,mode=0620" + ("" if user_namespace else ",gid=5")
    kernel.mount("devpts", f"{dev}/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, options)
    for name, target in _DEVICE_LINKS:
        os.symlink(target, f"{dev}/{name}")
    os.mkdir(f"{dev}/shm")
    kernel.bind(shm, f"{dev}/shm")
