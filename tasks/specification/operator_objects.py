from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error
from tasks.specification.shapes import Framework
from tasks.specification.task import TaskSpec


def check_operator_objects(spec: TaskSpec, framework: Framework, facts: Facts) -> list[Finding]:
    """Whether the names of what the operator makes for a task are free.

    It leaves a ConfigMap alone that is not the task's own, and with it the task: no pods, no status, one event (seen on
    training-operator 1.8.1). One that the person may not read is not known to be there.
    """
    name = f"{spec.name}{framework.config_map_suffix}"
    if framework.config_map_suffix and facts.config_maps is not None and facts.config_maps.get(name) is not None:
        return [error(Code.CONFIG_MAP_TAKEN, "name", name=name)]
    return []
