from console.cluster.resources import MXJOB, Manifest
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import TaskSpec


def _extra_fields(spec: TaskSpec) -> Manifest:
    return {"jobMode": "MXTrain"}  # required by the CRD; its other word, MXTune, needs roles that we do not offer


FRAMEWORK = Framework(
    key="mxnet",
    title="MXNet",
    resource=MXJOB,
    roles_field="mxReplicaSpecs",
    container="mxnet",
    port=9091,
    modes=(
        Mode(
            key="distributed",
            roles=(
                RoleShape(name="Scheduler", exactly=1, rdma=True, decides=True),
                RoleShape(name="Server", rdma=True),
                RoleShape(name="Worker"),
            ),
        ),
    ),
    reserved_env=("MX_CONFIG", "DMLC_*"),
    shared_memory=True,
    extra_fields=_extra_fields,
    port_name="mxjob-port",
)
