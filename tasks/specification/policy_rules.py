from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.shapes import Mode
from tasks.specification.task import CleanPodPolicy, RestartPolicy, RunPolicy, TaskSpec

RETRIES_MAX = 1000
LIFETIME_SECONDS_MAX = 30 * 24 * 3600
TTL_SECONDS_MAX = 365 * 24 * 3600


def check_policies(spec: TaskSpec, mode: Mode) -> list[Finding]:
    policy = spec.run_policy
    found = _check_numbers(policy)
    found += _check_restarts(spec, mode)
    if policy.ttl_seconds_after_finished == 0:
        found.append(warning(Code.TTL_NOTHING, "run_policy.ttl_seconds_after_finished"))
    if policy.clean_pod_policy == CleanPodPolicy.NONE and len(spec.roles) > 1:
        # Parameter servers and MPI workers then never end (kubeflow.md 3.3).
        found.append(warning(Code.PODS_STAY, "run_policy.clean_pod_policy"))
    return found


def _check_numbers(policy: RunPolicy) -> list[Finding]:
    """The API server takes them all: -1 retries fail at once, a time to live of -1 deletes at once."""
    limits = (
        ("backoff_limit", policy.backoff_limit, 0, RETRIES_MAX),
        ("active_deadline_seconds", policy.active_deadline_seconds, 1, LIFETIME_SECONDS_MAX),
        ("ttl_seconds_after_finished", policy.ttl_seconds_after_finished, 0, TTL_SECONDS_MAX),
    )
    found = []
    for name, value, minimum, maximum in limits:
        if value is not None and value < minimum:
            found.append(error(Code.TOO_SMALL, f"run_policy.{name}", minimum=minimum))
        elif value is not None and value > maximum:
            found.append(error(Code.TOO_LARGE, f"run_policy.{name}", maximum=maximum))
    return found


def _check_restarts(spec: TaskSpec, mode: Mode) -> list[Finding]:
    """What the operator makes of restart policies and retries together (kubeflow.md 3.2, 3.4)."""
    found = []
    retries = spec.run_policy.backoff_limit
    path = "run_policy.backoff_limit"
    policies = {role.restart_policy for role in spec.roles}
    for role in spec.roles:
        shape = mode.role(role.name)
        if role.restart_policy == RestartPolicy.ALWAYS and shape is not None and shape.decides:
            found.append(
                warning(Code.ALWAYS_NEVER_SUCCEEDS, f"roles.{role.name}.restart_policy", role=role.name),
            )
    if policies <= {RestartPolicy.NEVER} and (retries or 0) > 0:
        found.append(warning(Code.RETRIES_WITHOUT_EFFECT, path))
    if policies & {RestartPolicy.ON_FAILURE, RestartPolicy.ALWAYS} and retries is None:
        found.append(warning(Code.RETRIES_UNLIMITED, path))
    if policies & {RestartPolicy.ON_FAILURE, RestartPolicy.ALWAYS} and retries == 0:
        found.append(warning(Code.ON_FAILURE_WITHOUT_RETRIES, path))
    if RestartPolicy.EXIT_CODE in policies:
        code = Code.EXIT_CODE_WITHOUT_RETRIES if retries == 0 else Code.EXIT_CODE_FOR_EVER
        found.append(warning(code, path))
    return found
