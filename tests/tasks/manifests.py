"""Manifests of the four kinds as other people write them, piece by piece, for property tests; and what is equal."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as some

from console.cluster.resources import MODE_LABEL, OPERATION_LABEL, OWNER_ANNOTATION, Manifest
from tasks.frameworks import FRAMEWORKS, framework_of_kind
from tasks.frameworks.building import FLAVOR_ANNOTATION, NO_SIDECAR, tolerations_of
from tasks.frameworks.containers import resources_of
from tasks.frameworks.placing import place
from tasks.frameworks.server_fields import without_server_fields
from tasks.specification import RoleShape
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.kept import CONTAINER
from tests.tasks.specifications import MODES

_PROBE = {"periodSeconds": 3, "failureThreshold": 30}
# Each path that may be carried along, with values that no field of a specification has a place for.
ROLE_EXAMPLES: dict[str, list[Any]] = {
    "template.metadata.labels": [{"app.kubernetes.io/part-of": "x", "team": ""}],
    "template.metadata.annotations": [{"example.com/note": "a\nb"}],
    "template.spec.hostname": ["node-a"],
    "template.spec.subdomain": ["pods"],
    "template.spec.setHostnameAsFQDN": [False],
    "template.spec.dnsPolicy": ["Default"],
    "template.spec.dnsConfig": [{"options": [{"name": "ndots", "value": "2"}], "searches": ["a.b"]}],
    "template.spec.enableServiceLinks": [False],
    "template.spec.restartPolicy": ["Never"],
    "template.spec.terminationGracePeriodSeconds": [0, 120],
    "template.spec.activeDeadlineSeconds": [60],
    "template.spec.affinity": [{"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}],
    "template.spec.topologySpreadConstraints": [
        [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]
    ],
    "template.spec.nodeSelector": [{"disk": "ssd"}],
    "template.spec.schedulerName": ["volcano"],
    "template.spec.priorityClassName": ["low", "high"],
    "template.spec.imagePullSecrets": [[{"name": "registry"}], [{"name": "other"}]],
    "template.spec.securityContext": [{"runAsUser": 1000, "runAsNonRoot": True, "fsGroup": 0}],
    "template.spec.automountServiceAccountToken": [False],
    "template.spec.hostNetwork": [False],
    "template.spec.hostPID": [False],
    "template.spec.hostIPC": [False],
    "template.spec.volumes[]": [
        {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "data", "emptyDir": {}},
        {"name": "more", "persistentVolumeClaim": {"claimName": "outputs", "readOnly": True}},
        {"name": "odd", "secret": {"secretName": "token", "defaultMode": 256, "optional": True}},
        {"name": "about", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        {"name": "all", "projected": {"sources": [{"configMap": {"name": "settings"}}]}},
        {"name": "settings", "configMap": {"name": "settings", "items": [{"key": "a", "path": "b/c"}]}},
    ],
    f"{CONTAINER}.name": ["main"],
    f"{CONTAINER}.workingDir": ["/work"],
    f"{CONTAINER}.imagePullPolicy": ["Always", "Never"],
    f"{CONTAINER}.terminationMessagePath": ["/dev/termination-log"],
    f"{CONTAINER}.terminationMessagePolicy": ["File"],
    f"{CONTAINER}.stdin": [True],
    f"{CONTAINER}.stdinOnce": [True],
    f"{CONTAINER}.tty": [True],
    f"{CONTAINER}.ports": [[{"name": "web", "containerPort": 6006, "protocol": "TCP"}]],
    f"{CONTAINER}.env[]": [
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP", "apiVersion": "v1"}}},
        {"name": "my.dotted-name"},
        {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
        {"name": "MAYBE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "lr", "optional": True}}},
    ],
    f"{CONTAINER}.envFrom": [[{"prefix": "X_", "secretRef": {"name": "token"}}]],
    f"{CONTAINER}.resources": [
        {},
        {"limits": {"cpu": "1500m", "memory": "1.5Gi"}, "requests": {"cpu": "100m"}},
        {"requests": {"cpu": 1}},
    ],
    f"{CONTAINER}.securityContext": [{"capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": False}],
    f"{CONTAINER}.volumeMounts[]": [{"name": "scratch", "mountPath": "/scratch", "readOnly": False}],
    f"{CONTAINER}.livenessProbe": [{"tcpSocket": {"port": 80}, **_PROBE}],
    f"{CONTAINER}.readinessProbe": [{"httpGet": {"port": "web", "path": "/"}, **_PROBE}, {"grpc": {"port": 80}}],
    f"{CONTAINER}.startupProbe": [{"exec": {"command": ["true"]}, **_PROBE}],
}
TASK_EXAMPLES: dict[str, list[Any]] = {
    "metadata.labels": [{"team": "vision"}],
    "metadata.annotations": [{"example.com/ticket": "7"}],
    "spec.runPolicy.schedulingPolicy": [{"minAvailable": 1, "queue": "default", "minResources": {"cpu": "1"}}],
    "spec.runPolicy.managedBy": ["kubeflow.org/training-operator"],
    "spec.successPolicy": ["AllWorkers"],
    "spec.enableDynamicWorker": [True],
    "spec.elasticPolicy": [{"minReplicas": 1, "maxReplicas": 4, "rdzvBackend": "c10d", "rdzvConf": [{"key": "a"}]}],
    "spec.nprocPerNode": ["auto", "2"],
    "spec.jobMode": ["MXTrain"],
    "spec.slotsPerWorker": [7],
    "spec.mainContainer": ["main"],
    "spec.cleanPodPolicy": ["None"],
}
MODELLED = {
    "command": ["sh", "-c", "a\nb"],
    "args": ["", " x "],
    "livenessProbe": {"httpGet": {"path": "/", "port": 80, "scheme": "HTTPS"}, "initialDelaySeconds": 9,
                      "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "lifecycle": {"preStop": {"exec": {"command": ["sync"]}}},
}  # fmt: skip
VOLUMES = {
    "data": ({"persistentVolumeClaim": {"claimName": "datasets"}}, {"mountPath": "/data", "subPath": "a/b"}),
    "shared-memory": ({"emptyDir": {"medium": "Memory"}}, {"mountPath": "/dev/shm"}),
    "conf": ({"configMap": {"name": "settings"}}, {"mountPath": "/conf"}),
    "key": ({"secret": {"secretName": "token", "items": [{"key": "a", "path": "a"}]}}, {"mountPath": "/key"}),
}


@some.composite
def manifests(draw: some.DrawFn) -> Manifest:
    """A manifest of which nothing is refused, with everything written out that an operator would assume."""
    key, mode_key = draw(some.sampled_from(MODES))
    framework = FRAMEWORKS[key]
    mode = framework.mode(mode_key)
    assert mode is not None
    shapes = [shape for shape in mode.roles if not shape.optional or draw(some.booleans())]
    roles = {shape.name: draw(_entries(key, shape)) for shape in draw(some.permutations(shapes))}
    manifest: Manifest = {
        "apiVersion": framework.resource.api_version,
        "kind": framework.resource.kind,
        "metadata": {"name": "mnist", "namespace": "vision", "uid": "1", "creationTimestamp": None},
        "spec": {
            "runPolicy": {
                "cleanPodPolicy": draw(some.sampled_from(["Running", "All", "None"])),
                "suspend": draw(some.booleans()),
            },
            framework.roles_field: roles,
        },
        "status": {"conditions": []},
    }
    manifest["spec"]["runPolicy"] |= draw(some.sampled_from([{}, {"backoffLimit": 3}]))
    manifest["spec"]["runPolicy"] |= draw(some.sampled_from([{}, {"activeDeadlineSeconds": 5}]))
    if key == "mxnet":
        manifest["spec"]["jobMode"] = "MXTrain"
    if key == "mpi":
        manifest["spec"]["slotsPerWorker"] = draw(some.integers(1, 4))
    place(manifest, draw(_kept(TASK_EXAMPLES, key, limit=3)))
    return manifest


@some.composite
def _entries(draw: some.DrawFn, framework: str, shape: RoleShape) -> Manifest:
    container: Manifest = {
        "image": draw(some.sampled_from(["a:1", "b@sha256:" + "0" * 64])),
        "imagePullPolicy": "IfNotPresent",
    }
    container["name"] = FRAMEWORKS[framework].container
    container |= {name: deepcopy(MODELLED[name]) for name in draw(some.sets(some.sampled_from(sorted(MODELLED))))}
    container["env"] = [
        {"name": "A", "value": "1"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    flavor = draw(
        some.sampled_from([flavor for flavor in DEFAULT_FLAVORS.values() if shape.rdma or not flavor.rdma_devices])
    )
    size = resources_of(flavor)
    container["resources"] = {"limits": size, "requests": size}
    pod: Manifest = {"containers": [container], "automountServiceAccountToken": False}
    if flavor.node_selector:
        pod["nodeSelector"] = dict(flavor.node_selector)
    if flavor.tolerations:
        pod["tolerations"] = tolerations_of(flavor)
    names = draw(some.permutations(sorted(VOLUMES)))[: draw(some.integers(0, 4))]
    pod["volumes"] = [{"name": name, **deepcopy(VOLUMES[name][0])} for name in names]
    container["volumeMounts"] = [{"name": name, **VOLUMES[name][1]} for name in names]
    entry: Manifest = {
        "replicas": shape.exactly or draw(some.integers(1, 4)),
        "restartPolicy": draw(some.sampled_from([policy.value for policy in FRAMEWORKS[framework].restart_policies])),
        "template": {"metadata": {"annotations": {FLAVOR_ANNOTATION: flavor.key}}, "spec": pod},
    }
    kept = draw(_kept(ROLE_EXAMPLES, framework, limit=6))
    if any(path.startswith(f"{CONTAINER}.volumeMounts[") for path in kept):  # of a volume that is there
        kept = {path: value for path, value in kept.items() if not path.startswith("template.spec.volumes[")}
        kept[f"template.spec.volumes[{draw(some.integers(0, 3))}]"] = {"name": "scratch", "emptyDir": {}}
    if f"{CONTAINER}.resources" in kept:  # such a size is no flavor's, and asks for no GPU
        container["resources"] = {}
        pod.pop("nodeSelector", None)
        pod.pop("tolerations", None)
    if f"{CONTAINER}.livenessProbe" in kept:
        container.pop("livenessProbe", None)
    place(entry, kept)
    return entry


@some.composite
def _kept(draw: some.DrawFn, examples: dict[str, list[Any]], framework: str, *, limit: int) -> dict[str, Any]:
    allowed = [path for path in sorted(examples) if _known(path, framework)]
    found = {}
    for path in draw(some.lists(some.sampled_from(allowed), max_size=limit, unique=True)):
        value = draw(some.sampled_from(examples[path]))
        found[path.replace("[]", f"[{draw(some.integers(0, 3))}]")] = deepcopy(value)
    return found


def _known(path: str, framework: str) -> bool:
    from tasks.specification.kept import ROLE_KEPT, TASK_KEPT

    kept = ROLE_KEPT.get(path) or TASK_KEPT[path]
    return not kept.frameworks or framework in kept.frameworks


def comparable(manifest: Manifest) -> Manifest:
    """The manifest as parsed data, without what reading passes over, and with its volumes in one order.

    What a volume is called, and in which order volumes stand, is of no consequence; ConfigMaps and Secrets are
    read-only however they are mounted; an empty object or list says nothing.
    """
    found = without_server_fields(deepcopy(manifest))
    framework = framework_of_kind(manifest["kind"])
    assert framework is not None
    _drop_marks(found["metadata"])
    for entry in found["spec"][framework.roles_field].values():
        _drop_marks(entry["template"].get("metadata", {}))
        _order_volumes(entry["template"]["spec"])
    return _without_nothing(found)


def _drop_marks(metadata: Manifest) -> None:
    for key in (OPERATION_LABEL, MODE_LABEL):
        metadata.get("labels", {}).pop(key, None)
    for key in (OWNER_ANNOTATION, FLAVOR_ANNOTATION, "trainyard.io/image", *NO_SIDECAR):
        metadata.get("annotations", {}).pop(key, None)


def _order_volumes(pod: Manifest) -> None:
    container = pod["containers"][0]
    mounts = container.get("volumeMounts", [])
    names = {}
    for volume in pod.get("volumes", []):
        own = sorted(mount["mountPath"] for mount in mounts if mount["name"] == volume["name"])
        source = {name: value for name, value in volume.items() if name != "name"}
        names[volume["name"]] = f"{own} {source!r}"
        if {"configMap", "secret"} & volume.keys():
            for mount in mounts:
                if mount["name"] == volume["name"]:
                    mount["readOnly"] = True
    for item in [*mounts, *pod.get("volumes", [])]:
        item["name"] = names.get(item["name"], item["name"])
        if "emptyDir" in item and not item["emptyDir"]:
            item["emptyDir"] = "{}"
    pod["volumes"] = sorted(pod.get("volumes", []), key=repr)
    container["volumeMounts"] = sorted(mounts, key=repr)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        found = {name: _without_nothing(item) for name, item in value.items()}
        return {name: item for name, item in found.items() if item not in (None, {}, [])}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value
