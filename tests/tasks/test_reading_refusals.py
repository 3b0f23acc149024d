"""What a manifest may not say, each by its path and with its reason (security.md, rows 75 to 79)."""

from typing import Any

import pytest

from console.cluster.resources import Manifest
from tasks.frameworks.building import build
from tasks.frameworks.placing import place
from tasks.frameworks.reading import read
from tasks.specification import Code
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tests.tasks.specifications import spec

WORKER = "spec.tfReplicaSpecs.Worker"
POD = f"{WORKER}.template.spec"
BOX = f"{POD}.containers[0]"


def refused(path: str, value: Any) -> dict[str, Code]:
    manifest = build(spec("tensorflow", "single"), operation="op", owner="alice")
    place(manifest, {path: value})
    return {finding.path: finding.code for finding in read(manifest, flavors=DEFAULT_FLAVORS).refused}


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (f"{POD}.hostNetwork", True, Code.FIELD_NODE),
        (f"{POD}.hostPID", True, Code.FIELD_NODE),
        (f"{POD}.hostIPC", True, Code.FIELD_NODE),
        (f"{POD}.hostAliases", [{"ip": "127.0.0.1"}], Code.FIELD_NODE),
        (f"{POD}.shareProcessNamespace", True, Code.FIELD_NODE),
        (f"{POD}.serviceAccountName", "admin", Code.FIELD_IDENTITY),
        (f"{POD}.automountServiceAccountToken", True, Code.FIELD_IDENTITY),
        (f"{POD}.nodeName", "node-1", Code.FIELD_PLACEMENT),
        (f"{POD}.tolerations", [{"operator": "Exists"}], Code.FIELD_PLACEMENT),
        (f"{POD}.runtimeClassName", "x", Code.FIELD_PLACEMENT),
        (f"{POD}.preemptionPolicy", "Never", Code.FIELD_PLACEMENT),
        (f"{POD}.initContainers", [{"name": "a"}], Code.FIELD_CONTAINER),
        (f"{POD}.ephemeralContainers", [{"name": "a"}], Code.FIELD_CONTAINER),
        (f"{POD}.containers[1]", {"name": "a", "image": "b"}, Code.FIELD_CONTAINER),
        (f"{POD}.securityContext.sysctls", [{"name": "a"}], Code.FIELD_RIGHTS),
        (f"{POD}.securityContext.runAsUser", 0, Code.TOO_SMALL),
        (f"{BOX}.securityContext.privileged", True, Code.FIELD_RIGHTS),
        (f"{BOX}.securityContext.allowPrivilegeEscalation", True, Code.FIELD_RIGHTS),
        (f"{BOX}.securityContext.capabilities.add", ["NET_ADMIN"], Code.FIELD_RIGHTS),
        (f"{BOX}.securityContext.procMount", "Unmasked", Code.FIELD_RIGHTS),
        (f"{BOX}.securityContext.seccompProfile.type", "Unconfined", Code.INVALID_CHOICE),
        (f"{BOX}.lifecycle.postStart.httpGet", {"port": 80}, Code.FIELD_ADDRESS),
        (f"{BOX}.lifecycle.preStop.tcpSocket", {"port": 80}, Code.FIELD_ADDRESS),
        (f"{BOX}.lifecycle.preStop.sleep", {"seconds": 1}, Code.FIELD_ADDRESS),
        (f"{BOX}.restartPolicy", "Always", Code.FIELD_UNKNOWN),
        (f"{BOX}.volumeDevices", [{"name": "a"}], Code.FIELD_NODE),
        (f"{BOX}.comand", ["x"], Code.FIELD_TYPO),
        (f"{BOX}.image", 7, Code.FIELD_TYPE),
        (f"{BOX}.command", "sh -c", Code.FIELD_TYPE),
        (f"{BOX}.name", "other", Code.FIELD_CONTAINER_NAME),
        (f"{WORKER}.replica", 2, Code.FIELD_TYPO),
        (f"{WORKER}.replicas", "1", Code.FIELD_TYPE),
        (f"{WORKER}.replicas", 1.5, Code.FIELD_TYPE),
        (f"{WORKER}.replicas", True, Code.FIELD_TYPE),
        (f"{WORKER}.restartPolicy", "always", Code.INVALID_CHOICE),
        ("spec.backoffLimit", 3, Code.FIELD_UNKNOWN),
        ("spec.elasticPolicy", {"minReplicas": 1}, Code.FIELD_UNKNOWN),
        ("spec.runPolicy.cleanPodPolicy", "Sometimes", Code.INVALID_CHOICE),
        ("metadata.ownerReferences", [{"uid": "1"}], Code.FIELD_OWNED),
        ("metadata.finalizers", ["a/b"], Code.FIELD_OWNED),
        ("metadata.generateName", "a-", Code.FIELD_OWNED),
        ("metadata.annotations", 7, Code.FIELD_TYPE),
    ],
)
def test_a_field_without_a_place_is_refused(path: str, value: Any, code: Code) -> None:
    assert refused(path, value)[path] == code


@pytest.mark.parametrize("source", ["hostPath", "nfs", "csi", "ephemeral", "gitRepo", "local"])
def test_volumes_beyond_the_pods_own_and_the_namespaces(source: str) -> None:
    path = f"{POD}.volumes[0]"
    code = Code.FIELD_NODE if source in ("hostPath", "local") else Code.FIELD_VOLUME
    assert refused(path, {"name": "x", source: {"path": "/"}}) == {f"{path}.{source}": code}


@pytest.mark.parametrize("volume", [{"name": "x", "hostPath": {"path": "/"}}, {"name": "y", "emptyDir": {}}])
def test_a_mount_whose_volume_does_not_come_along_does_not_either(volume: Manifest) -> None:
    manifest = build(spec("tensorflow", "single"), operation="op", owner="alice")
    mounts = [{"name": "x", "mountPath": "/a"}, {"name": "x", "mountPath": "/b"}]
    place(manifest, {f"{POD}.volumes": [volume], f"{BOX}.volumeMounts": mounts})

    reading = read(manifest)

    codes = {finding.path: finding.code for finding in reading.refused if "volumeMounts" in finding.path}
    assert codes == {f"{BOX}.volumeMounts[{index}].name": Code.VOLUME_UNKNOWN for index in range(2)}
    assert not [path for path in reading.kept if "volumeMounts" in path]


def test_the_operators_own_volumes_may_be_mounted() -> None:
    manifest = build(spec("mpi", "allreduce"), operation="op", owner="alice")
    box = "spec.mpiReplicaSpecs.Worker.template.spec.containers[0]"
    place(manifest, {f"{box}.volumeMounts[1]": {"name": "mpi-job-config", "mountPath": "/hosts"}})

    assert read(manifest).refused == ()


def test_a_token_for_somebody_else() -> None:
    path = f"{POD}.volumes[0]"
    sources = [{"serviceAccountToken": {"audience": "vault", "path": "token"}}]
    assert refused(path, {"name": "x", "projected": {"sources": sources}}) == {
        f"{path}.projected.sources[0].serviceAccountToken": Code.FIELD_IDENTITY
    }


def test_a_probe_that_sends_the_node_elsewhere() -> None:
    probe = {"httpGet": {"host": "169.254.169.254", "port": 80}}
    assert refused(f"{BOX}.livenessProbe", probe) == {f"{BOX}.livenessProbe.httpGet.host": Code.FIELD_ADDRESS}


def test_labels_and_annotations_of_ours() -> None:
    assert refused("metadata.labels", {"trainyard.io/other": "x"}) == {
        "metadata.labels[trainyard.io/other]": Code.FIELD_OWNED
    }
    apparmor = "container.apparmor.security.beta.kubernetes.io/tensorflow"
    path = f"{WORKER}.template.metadata.annotations"
    assert refused(path, {apparmor: "unconfined"}) == {f"{path}[{apparmor}]": Code.FIELD_RIGHTS}


def test_what_stays_when_a_part_is_refused() -> None:
    manifest = build(spec("tensorflow", "single"), operation="op", owner="alice")
    place(manifest, {f"{POD}.securityContext": {"runAsUser": 7, "sysctls": [{"name": "a"}]}})

    reading = read(manifest)

    assert reading.kept == {f"{POD}.securityContext": {"runAsUser": 7}}


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"spec": {}}, "spec.tfReplicaSpecs", Code.MODE_UNKNOWN),
        ({"spec": {"tfReplicaSpecs": {}}}, "spec.tfReplicaSpecs", Code.MODE_UNKNOWN),
        ({"spec": {"tfReplicaSpecs": {"PS": None}}}, "spec.tfReplicaSpecs", Code.MODE_UNKNOWN),
        ({"spec": {"tfReplicaSpecs": {"worker": {}}}}, "spec.tfReplicaSpecs", Code.MODE_UNKNOWN),
        ({"spec": {"tfReplicaSpecs": {"Worker": None}}}, f"{POD}.containers", Code.REQUIRED),
        ({"spec": {"tfReplicaSpecs": {"Worker": 7}}}, WORKER, Code.FIELD_TYPE),
        ({"spec": None}, "spec.tfReplicaSpecs", Code.MODE_UNKNOWN),
        ({"kind": "List"}, "kind", Code.KIND_UNKNOWN),
        ({"apiVersion": "kubeflow.org/v2beta1"}, "kind", Code.KIND_UNKNOWN),
    ],
)
def test_what_brings_the_operator_down_or_lets_it_hang(change: Manifest, path: str, code: Code) -> None:
    manifest = build(spec("tensorflow", "single"), operation="op", owner="alice") | change
    assert {finding.path: finding.code for finding in read(manifest).refused}[path] == code


def test_an_mxjob_without_containers_is_never_taken_for_a_task() -> None:
    manifest = build(spec("mxnet"), operation="op", owner="alice")
    del manifest["spec"]["mxReplicaSpecs"]["Worker"]["template"]

    refused = {finding.path: finding.code for finding in read(manifest).refused}

    assert refused["spec.mxReplicaSpecs.Worker.template.spec.containers"] == Code.REQUIRED
