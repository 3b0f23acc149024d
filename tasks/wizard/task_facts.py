"""A task for reading, before the submit and in an import: its volumes, and what each role asks for and has set."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks.specification import (
    CommandCheck,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    FileMount,
    FileSource,
    PodField,
    Probe,
    RoleSpec,
    SecretKey,
    TaskSpec,
)
from tasks.wizard.explanations import VOLUMES

_POD_FIELDS = {PodField.POD_IP: "PodIP", PodField.POD_NAME: "PodName"}
_SOURCES = {FileSource.CONFIG_MAP: "ConfigMap", FileSource.SECRET: "Secret"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that was made, and its values, a line each."""

    title: str | Promise
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role with what all its pods ask for together."""

    role: RoleSpec
    cpu_millicores: int
    memory_mib: int
    gpus: int
    price_micros_per_second: int
    settings: tuple[Setting, ...]  # only those that were made


def volume_facts(spec: TaskSpec) -> list[tuple[str | Promise, DataVolume]]:
    """The training data, each with its title."""
    return [(VOLUMES[volume.purpose.value], volume) for volume in spec.volumes]


def role_lines(spec: TaskSpec) -> list[RoleLine]:
    return [_line(role) for role in spec.roles]


def _line(role: RoleSpec) -> RoleLine:
    flavor, pods = role.flavor, role.replicas
    return RoleLine(
        role=role,
        cpu_millicores=pods * flavor.cpu_millicores if flavor else 0,
        memory_mib=pods * flavor.memory_mib if flavor else 0,
        gpus=pods * flavor.gpus if flavor else 0,
        price_micros_per_second=pods * flavor.price_micros_per_second if flavor else 0,
        settings=tuple(setting for setting in _settings(role) if any(setting.lines)),
    )


def _settings(role: RoleSpec) -> Iterator[Setting]:
    yield Setting(_("Image"), (role.image,))
    yield Setting(_("Environment variables"), tuple(map(_env, role.env)))
    for title, probe in ((_("Liveness probe"), role.liveness), (_("Readiness probe"), role.readiness)):
        if probe is not None:
            yield Setting(title, (_probe(probe),))
    yield Setting(_("After the start"), (shlex.join(role.post_start),))
    yield Setting(_("Before the end"), (shlex.join(role.pre_stop),))
    yield Setting(_("Mounted ConfigMaps and Secrets"), tuple(map(_mount, role.mounts)))
    yield Setting(_("Kept as it is"), tuple(path for path, value in role.kept.items() if value != {}))


def _env(entry: EnvEntry) -> str:
    match entry.source:
        case PodField() as field:
            return f"{entry.name} ← {_POD_FIELDS[field]}"
        case ConfigMapKey(name=name, key=key):
            return f"{entry.name} ← ConfigMap {name} / {key}"
        case SecretKey(name=name, key=key):
            return f"{entry.name} ← Secret {name} / {key}"
        case value:
            return f"{entry.name}={value}"


def _probe(probe: Probe) -> str:
    check = probe.check
    asks = (
        shlex.join(check.command)
        if isinstance(check, CommandCheck)
        else f"{check.scheme.value} GET :{check.port}{check.path}"
    )
    times = gettext(
        "first after %(delay)s s, then every %(period)s s, waits for %(timeout)s s; well after %(successes)s, "
        "unwell after %(failures)s"
    ) % {
        "delay": probe.initial_delay_seconds,
        "period": probe.period_seconds,
        "timeout": probe.timeout_seconds,
        "successes": probe.success_threshold,
        "failures": probe.failure_threshold,
    }
    return f"{asks} ({times})"


def _mount(mount: FileMount) -> str:
    keys = f" [{', '.join(mount.keys)}]" if mount.keys else ""
    return f"{_SOURCES[mount.source]} {mount.name}{keys} → {mount.mount_path}"
