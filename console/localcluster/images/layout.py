"""What a container's root is made of: this machine's programs, shown read-only, in the places an image has them.

A layer is a list that the shim carries out in order: ["dir", path, mode], ["bind", source, path],
["link", target, path], ["file", path, text, mode], ["tmpfs", path].
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

Layer = list[Any]

PROGRAMS = Path(__file__).parent / "programs"
BUSYBOX_PATH = "/bin"

_SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    "alternatives",
    "ca-certificates.conf",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "protocols",
    "services",
    "ssl/certs",
    "terminfo",
    "timezone",
    "vim",
)
_ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
_GROUP = "root:x:0:\ntty:x:5:\nusers:x:100:\nnogroup:x:65534:\n"

# What busybox 1.36 offers and a Debian machine has too; a name this machine lacks is left out.
_BUSYBOX = (
    "[ arch awk base64 basename cat chgrp chmod chown clear cmp comm cp cut date dd df diff dirname dmesg du "
    "echo egrep env expand expr false fgrep find flock fold free fsync getopt grep groups gunzip gzip head "
    "hexdump hostid hostname id install kill killall less link ln logname ls md5sum mkdir mkfifo mknod mktemp "
    "more mount mv nice nl nohup nproc od paste patch pgrep pidof pkill pmap printenv printf ps pwd pwdx "
    "readlink realpath renice reset resize rm rmdir sed seq setsid sh sha1sum sha256sum sha512sum shred shuf "
    "sleep sort split stat strings stty sum sync tac tail tar tee test time timeout top touch tr true truncate "
    "tsort tty umount uname uniq unlink uptime users vi watch wc which who whoami xargs yes "
)


def _system() -> list[Layer]:
    """/usr and what merges into it, without this machine's own configuration."""
    layers: list[Layer] = [["bind", "/usr", "/usr"]]
    for name in _SYSTEM_FOLDERS:
        path = f"/{name}"
        if os.path.islink(path):
            layers.append(["link", os.readlink(path).lstrip("/"), path])
        elif os.path.isdir(path):
            layers.append(["bind", path, path])
    return layers


def _configuration() -> list[Layer]:
    layers: list[Layer] = [
        ["dir", "/etc", 0o755],
        ["file", "/etc/passwd", _ACCOUNTS, 0o644],
        ["file", "/etc/group", _GROUP, 0o644],
        ["file", "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", 0o644],
        ["file", "/etc/resolv.conf", "# Names of pods and services are in /etc/hosts, kept by the kubelet.\n", 0o644],
        ["dir", "/root", 0o711],  # not closed: the interpreter may have been built below it, and serves every user
        ["dir", "/tmp", 0o1777],  # noqa: S108
        ["dir", "/run", 0o755],
        ["dir", "/var/tmp", 0o1777],  # noqa: S108
        ["link", "../run", "/var/run"],
        ["dir", "/var/log", 0o755],
        ["dir", "/home", 0o755],
        ["dir", "/mnt", 0o755],
        ["dir", "/opt", 0o755],
        ["dir", "/srv", 0o755],
    ]
    layers += [["bind", f"/etc/{name}", f"/etc/{name}"] for name in _ETC if os.path.exists(f"/etc/{name}")]
    return layers


def _inside(path: str, folder: str) -> bool:
    return os.path.commonpath([os.path.realpath(path), folder]) == folder


def python_path() -> str:
    """PATH of the images that have Python."""
    base = os.path.realpath(sys.base_prefix)
    first = f"{os.path.realpath(sys.prefix)}/bin:" if _inside(base, "/usr/local") else ""
    return f"{first}/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def _python() -> list[Layer]:
    """This machine's Python and the packages of its environment, at /usr/local as in the official image.

    The interpreter itself stays where it was built; only where it lives in /usr/local already (inside Docker's own
    python image) nothing has to be moved.
    """
    base, prefix = os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers: list[Layer] = []
    if not _inside(base, "/usr"):
        layers.append(["bind", base, base])
    if prefix != base:
        layers.append(["bind", prefix, prefix])  # its scripts name it
    if _inside(base, "/usr/local"):
        return layers
    interpreter = (
        os.path.realpath(f"{base}/bin/{version}") if os.path.exists(f"{base}/bin/{version}") else sys.executable
    )
    layers.append(["tmpfs", "/usr/local"])
    layers += [["link", interpreter, f"/usr/local/bin/{name}"] for name in (version, "python3", "python")]
    layers.append(["file", "/usr/local/pyvenv.cfg", f"home = {os.path.dirname(interpreter)}\n", 0o644])
    packages = f"lib/{version}/site-packages"
    layers.append(["bind", f"{prefix}/{packages}", f"/usr/local/{packages}"])
    return layers


def python_root() -> list[Layer]:
    """A Debian-like root with Python, numpy, bash and this machine's tools."""
    return [*_system(), *_python(), *_configuration()]


def programs_root() -> list[Layer]:
    """The same with the catalogue's own programs at /opt/trainyard."""
    return [*python_root(), ["bind", str(PROGRAMS), "/opt/trainyard"]]


def busybox_root() -> list[Layer]:
    """A small root: sh and the usual tools in /bin, no bash or Python on the PATH."""
    layers: list[Layer] = []
    for layer in _system():
        if layer[-1] in ("/bin", "/sbin"):
            continue
        layers.append(layer)
    layers.append(["dir", "/bin", 0o755])
    for name in _BUSYBOX.split():
        found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
        if found is not None:
            layers.append(["link", found if found.startswith("/usr/") else f"/usr{found}", f"/bin/{name}"])
    return [*layers, *_python(), *_configuration()]


def alpine_root() -> list[Layer]:
    """The small root with the `nslookup` that the training operator's init containers wait with."""
    return [*busybox_root(), ["bind", str(PROGRAMS / "nslookup.sh"), "/bin/nslookup"]]
