from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.mount_rules import check_neighbours
from tasks.specification.paths import check_mount_path, check_sub_path
from tasks.specification.task import DataVolume, TaskSpec, VolumePurpose

_WRITTEN = frozenset({VolumePurpose.OUTPUT, VolumePurpose.LOG})
_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def check_volumes(spec: TaskSpec, facts: Facts) -> list[Finding]:
    found: list[Finding] = []
    mounted: list[str] = []
    for volume in spec.volumes:
        path = f"volumes.{volume.purpose.value}"
        found += _check_claim(volume, spec, facts, f"{path}.claim")
        found += check_sub_path(volume.sub_path, f"{path}.sub_path")
        wrong = check_mount_path(volume.mount_path, f"{path}.mount_path")
        found += wrong or check_neighbours(volume.mount_path, mounted, f"{path}.mount_path")
    return found


def _check_claim(volume: DataVolume, spec: TaskSpec, facts: Facts, path: str) -> list[Finding]:
    if not volume.claim:
        return [error(Code.NOT_CHOSEN, path)]
    if facts.claims is None:
        return []
    claim = facts.claims.get(volume.claim)
    if claim is None:
        return [error(Code.CLAIM_UNKNOWN, path, claim=volume.claim, namespace=spec.namespace)]
    if claim.phase == "Lost":
        return [error(Code.CLAIM_LOST, path, claim=claim.name)]
    found = []
    if claim.phase != "Bound":
        found.append(warning(Code.CLAIM_UNBOUND, path, claim=claim.name))
    if spec.pods > 1 and claim.access_modes and not _MANY_NODES & set(claim.access_modes):
        found.append(warning(Code.CLAIM_ONE_NODE, path, claim=claim.name))
    if volume.purpose in _WRITTEN and claim.access_modes and set(claim.access_modes) == {"ReadOnlyMany"}:
        found.append(warning(Code.CLAIM_READ_ONLY, path, claim=claim.name))
    return found
