from tasks.specification.commands import check_command
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.task import HttpCheck, Probe, RoleSpec
from tasks.specification.text import bad_character

PORT_MAX = 65535
PATH_MAX = 1024
SECONDS_MAX = 24 * 3600
COUNT_MAX = 1000
# Importing a framework and opening a data set may take longer than this; a guess, and only a warning.
EARLY_SECONDS = 60


def check_probes(role: RoleSpec, path: str) -> list[Finding]:
    found = []
    if role.liveness is not None:
        found += _check_probe(role.liveness, f"{path}.liveness")
        found += _check_liveness(role.liveness, f"{path}.liveness")
    if role.readiness is not None:
        found += _check_probe(role.readiness, f"{path}.readiness")
    return found


def _check_probe(probe: Probe, path: str) -> list[Finding]:
    found = []
    if isinstance(probe.check, HttpCheck):
        found += _check_http(probe.check, path)
    elif not probe.check.command:
        found.append(error(Code.REQUIRED, f"{path}.command"))
    else:
        found += check_command(probe.check.command, f"{path}.command")
    limits = (
        ("initial_delay_seconds", 0, SECONDS_MAX),
        ("timeout_seconds", 1, SECONDS_MAX),
        ("period_seconds", 1, SECONDS_MAX),
        ("success_threshold", 1, COUNT_MAX),
        ("failure_threshold", 1, COUNT_MAX),
    )
    wrong = []
    for name, minimum, maximum in limits:
        value: int = getattr(probe, name)
        if value < minimum:
            wrong.append(error(Code.TOO_SMALL, f"{path}.{name}", minimum=minimum))
        elif value > maximum:
            wrong.append(error(Code.TOO_LARGE, f"{path}.{name}", maximum=maximum))
    if not wrong and probe.timeout_seconds > probe.period_seconds:
        wrong.append(warning(Code.PROBE_OVERLAP, f"{path}.timeout_seconds"))
    return found + wrong


def _check_http(check: HttpCheck, path: str) -> list[Finding]:
    found = []
    if not check.path:
        found.append(error(Code.REQUIRED, f"{path}.path"))
    elif bad := bad_character(check.path, allowed=""):
        found.append(error(Code.INVALID_CHARACTER, f"{path}.path", character=bad))
    elif not check.path.startswith("/") or check.path.startswith("//") or " " in check.path:
        found.append(error(Code.PROBE_PATH, f"{path}.path"))
    elif len(check.path) > PATH_MAX:
        found.append(error(Code.TOO_LONG, f"{path}.path", maximum=PATH_MAX, length=len(check.path)))
    if check.port < 1:
        found.append(error(Code.TOO_SMALL, f"{path}.port", minimum=1))
    elif check.port > PORT_MAX:
        found.append(error(Code.TOO_LARGE, f"{path}.port", maximum=PORT_MAX))
    return found


def _check_liveness(probe: Probe, path: str) -> list[Finding]:
    if probe.success_threshold > 1:
        return [error(Code.PROBE_SUCCESSES, f"{path}.success_threshold")]
    seconds = probe.initial_delay_seconds + (probe.failure_threshold - 1) * probe.period_seconds
    if 0 <= seconds < EARLY_SECONDS:
        return [warning(Code.PROBE_EARLY, f"{path}.initial_delay_seconds", seconds=seconds)]
    return []
