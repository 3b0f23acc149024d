from console.cluster.resources import TFJOB
from tasks.specification.shapes import Framework, Mode, RoleShape

_PS = RoleShape(name="PS", rdma=True)
_EVALUATOR = RoleShape(name="Evaluator", exactly=1, optional=True)

FRAMEWORK = Framework(
    key="tensorflow",
    title="TensorFlow",
    resource=TFJOB,
    roles_field="tfReplicaSpecs",
    container="tensorflow",
    port=2222,
    port_name="tfjob-port",
    modes=(
        Mode(key="single", roles=(RoleShape(name="Worker", exactly=1, decides=True), _EVALUATOR)),
        Mode(key="ps-worker", roles=(_PS, RoleShape(name="Worker", decides=True), _EVALUATOR)),
        Mode(
            key="ps-chief-worker",
            roles=(_PS, RoleShape(name="Chief", exactly=1, decides=True), RoleShape(name="Worker"), _EVALUATOR),
        ),
    ),
    reserved_env=("TF_CONFIG",),
)
