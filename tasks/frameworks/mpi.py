from console.cluster.resources import MPIJOB, Manifest
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import RestartPolicy, TaskSpec


def _extra_fields(spec: TaskSpec) -> Manifest:
    """As many processes a worker as it has GPUs: mpirun reads the number from the hostfile."""
    gpus = [role.flavor.gpus for role in spec.roles if role.name == "Worker" and role.flavor is not None]
    return {"slotsPerWorker": max([1, *gpus])}


FRAMEWORK = Framework(
    key="mpi",
    asks_operator=False,
    title="MPI",
    resource=MPIJOB,
    roles_field="mpiReplicaSpecs",
    container="mpi",  # any name works here; the operator takes the first container
    port=9999,
    modes=(
        Mode(
            key="allreduce",
            roles=(
                RoleShape(name="Launcher", exactly=1, rdma=True, decides=True),
                RoleShape(name="Worker", waits=True),
            ),
        ),
    ),
    # With ExitCode an MPIJob stays "restarting" for ever (training-operator issue 1768).
    restart_policies=(RestartPolicy.NEVER, RestartPolicy.ON_FAILURE, RestartPolicy.ALWAYS),
    reserved_env=("OMPI_MCA_plm_rsh_agent", "OMPI_MCA_orte_default_hostfile", "I_MPI_HYDRA_BOOTSTRAP*"),
    shared_memory=True,
    # mpirun reaches the workers by `kubectl exec`, with an account that the operator makes for the launcher.
    roles_with_account=frozenset({"Launcher"}),
    extra_fields=_extra_fields,
    assumed_fields={"slotsPerWorker": 1},
    roles_absent_are_none=frozenset({"Worker"}),
    any_container_name=True,
    older_clean_pod_policy=True,
    services=False,
    config_map_suffix="-config",
    reserved_volumes=frozenset({"mpi-job-kubectl", "mpi-job-config"}),
)
