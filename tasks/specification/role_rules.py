from collections import Counter

from tasks.specification.commands import check_command
from tasks.specification.env_rules import check_env
from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.flavor import FlavorClass
from tasks.specification.images import check_image
from tasks.specification.kept import RESOURCES, in_force
from tasks.specification.kept_rules import check_kept_of_role
from tasks.specification.mount_rules import check_mounts
from tasks.specification.probe_rules import check_probes
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import RoleSpec, TaskSpec


def check_roles(spec: TaskSpec, framework: Framework, mode: Mode, facts: Facts) -> list[Finding]:
    """The roles are exactly those of the mode: the API server would accept any word, and a task of it hangs."""
    counts = Counter(role.name for role in spec.roles)
    found = [
        error(Code.ROLE_MISSING, f"roles.{shape.name}", role=shape.name)
        for shape in mode.required
        if not counts[shape.name]
    ]
    for name, count in counts.items():
        if mode.role(name) is None:
            found.append(error(Code.ROLE_UNKNOWN, f"roles.{name}", role=name))
        elif count > 1:
            found.append(error(Code.ROLE_TWICE, f"roles.{name}", role=name))
    for role in spec.roles:
        shape_of_role = mode.role(role.name)
        if shape_of_role is not None:
            found += _check_role(role, shape_of_role, spec, framework, facts)
    return found


def _check_role(role: RoleSpec, shape: RoleShape, spec: TaskSpec, framework: Framework, facts: Facts) -> list[Finding]:
    path = f"roles.{role.name}"
    found = _check_replicas(role, shape, f"{path}.replicas", facts)
    found += _check_flavor(role, shape, f"{path}.flavor", facts)
    found += check_image(role.image, f"{path}.image") if role.image else []
    for name, command in (
        ("command", role.command),
        ("args", role.args),
        ("post_start", role.post_start),
        ("pre_stop", role.pre_stop),
    ):
        found += check_command(command, f"{path}.{name}")
    if shape.waits and role.command:
        found.append(warning(Code.COMMAND_REPLACES_WAITING, f"{path}.command", role=role.name))
    found += check_env(role.env, framework, facts, spec.namespace, f"{path}.env")
    found += check_probes(role, path)
    found += check_mounts(role, spec, facts, path)
    found += check_kept_of_role(role, spec, framework, facts, path)
    if role.restart_policy not in framework.restart_policies:
        found.append(error(Code.INVALID_CHOICE, f"{path}.restart_policy", value=role.restart_policy.value))
    return found


def _check_replicas(role: RoleSpec, shape: RoleShape, path: str, facts: Facts) -> list[Finding]:
    """Never below 1: with 0 the operator creates and deletes pods in a tight loop, with -1 it dies."""
    if shape.exactly is not None:
        if role.replicas == shape.exactly:
            return []
        return [error(Code.REPLICAS_EXACTLY, path, role=role.name, replicas=shape.exactly)]
    if role.replicas < 1:
        return [error(Code.TOO_SMALL, path, minimum=1)]
    if role.replicas > facts.replicas_max:
        return [error(Code.TOO_LARGE, path, maximum=facts.replicas_max)]
    return []


def _check_flavor(role: RoleSpec, shape: RoleShape, path: str, facts: Facts) -> list[Finding]:
    if role.flavor is None:
        return [error(Code.NOT_CHOSEN, path)]
    known = facts.flavors.get(role.flavor.key)
    if not role.flavor.key and RESOURCES in in_force(role):  # a size of its own; its rules are those of kept fields
        known = role.flavor
    if known is None or known != role.flavor:  # changed meanwhile, or never ours
        return [error(Code.FLAVOR_UNKNOWN, path, flavor=role.flavor.key)]
    if known.retired:
        return [error(Code.FLAVOR_RETIRED, path, flavor=role.flavor.key)]
    if role.flavor.class_ == FlavorClass.RDMA and not shape.rdma:
        return [error(Code.FLAVOR_CLASS, path, role=role.name)]
    return []
