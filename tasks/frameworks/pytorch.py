from console.cluster.resources import PYTORCHJOB
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import RestartPolicy

FRAMEWORK = Framework(
    key="pytorch",
    title="PyTorch",
    resource=PYTORCHJOB,
    roles_field="pytorchReplicaSpecs",
    container="pytorch",
    port=23456,
    port_name="pytorchjob-port",
    absent_restart_policy=RestartPolicy.ON_FAILURE,
    modes=(
        Mode(
            key="distributed",
            roles=(RoleShape(name="Master", exactly=1, rdma=True, decides=True), RoleShape(name="Worker")),
        ),
    ),
    reserved_env=("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "PET_*"),
    shared_memory=True,
)
