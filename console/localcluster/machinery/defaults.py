"""The fields that the server fills in."""

from __future__ import annotations

from typing import Any

from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import random_suffix
from console.localcluster.machinery.quantities import canonical
from console.localcluster.store import Object

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a folder
_EVICTION_SECONDS = 300


def fill(kind: Kind, obj: Object) -> None:
    """Completes `obj` in place; what is there stays."""
    filler = _FILLERS.get(kind.key)
    if filler:
        filler(obj)


def fill_pod_spec(spec: Object) -> None:
    for group in ("initContainers", "containers"):
        for container in spec.get(group) or []:
            _fill_container(container)
    defaults = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    }
    for key, value in defaults.items():
        spec.setdefault(key, value)
    spec.setdefault("securityContext", {})
    for volume in spec.get("volumes") or []:
        _fill_volume(volume)


def fill_scheduled_pod(spec: Object) -> None:
    """What the admission of a pod itself adds, beyond the defaults that templates get too."""
    spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = spec["serviceAccountName"]
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(one.get("key") in (key, None) and one.get("effect") in ("NoExecute", None) for one in tolerations):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _EVICTION_SECONDS}
            )
    if spec.get("automountServiceAccountToken", True):
        _mount_token(spec)


def qos_class(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort, from the requests and limits of CPU and memory."""
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    resources = [one.get("resources") or {} for one in containers]
    amounts = [{**(one.get("limits") or {}), **(one.get("requests") or {})} for one in resources]
    if not any(name in ("cpu", "memory") for one in amounts for name in one):
        return "BestEffort"
    for one in resources:
        limits, requests = one.get("limits") or {}, one.get("requests") or {}
        if any(name not in limits or requests.get(name, limits[name]) != limits[name] for name in ("cpu", "memory")):
            return "Burstable"
    return "Guaranteed"


def _fill_container(container: Object) -> None:
    image = container.get("image", "")
    _, colon, tag = image.rpartition("/")[2].partition(":")
    latest = "@" not in image and (not colon or tag == "latest")
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    resources = container.setdefault("resources", {})
    for which in ("limits", "requests"):
        if which in resources:
            resources[which] = {name: canonical(amount) for name, amount in resources[which].items()}
    for name, amount in (resources.get("limits") or {}).items():
        resources.setdefault("requests", {}).setdefault(name, amount)
    for port in container.get("ports") or []:
        port.setdefault("protocol", "TCP")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name):
            _fill_probe(container[name])
    for variable in container.get("env") or []:
        field = (variable.get("valueFrom") or {}).get("fieldRef")
        if field is not None:
            field.setdefault("apiVersion", "v1")


def _fill_probe(probe: Object) -> None:
    for key, value in {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}.items():
        probe.setdefault(key, value)
    if probe.get("httpGet") is not None:
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")


def _fill_volume(volume: Object) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if volume.get(source) is not None:
            volume[source].setdefault("defaultMode", 420)
    if volume.get("hostPath") is not None:
        volume["hostPath"].setdefault("type", "")


def _mount_token(spec: Object) -> None:
    """The projected volume with the account's token, the CA and the namespace."""
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    without = [
        one
        for one in containers
        if not any(mount.get("mountPath") == TOKEN_PATH for mount in one.get("volumeMounts") or [])
    ]
    if not without:
        return
    name = f"kube-api-access-{random_suffix()}"
    sources: list[Any] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
            }
        },
    ]
    spec.setdefault("volumes", []).append({"name": name, "projected": {"sources": sources, "defaultMode": 420}})
    for container in without:
        container.setdefault("volumeMounts", []).append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})


def _fill_service(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec.get("clusterIP"):
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    obj.setdefault("status", {"loadBalancer": {}})


def _fill_deployment(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", "25%")
        rolling.setdefault("maxUnavailable", "25%")
    fill_pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def _fill_replica_set(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    fill_pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def _fill_namespace(obj: Object) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {"phase": "Active"})


def _fill_secret(obj: Object) -> None:
    import base64

    plain = obj.pop("stringData", None) or {}
    for key, value in plain.items():
        obj.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
    obj.setdefault("type", "Opaque")


def _fill_pod(obj: Object) -> None:
    fill_pod_spec(obj.setdefault("spec", {}))


def _fill_claim(obj: Object) -> None:
    obj.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    obj.setdefault("status", {"phase": "Pending"})


def _fill_binding(obj: Object) -> None:
    for subject in obj.get("subjects") or []:
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")
    if obj.get("roleRef"):
        obj["roleRef"].setdefault("apiGroup", "rbac.authorization.k8s.io")


def _fill_job(obj: Object) -> None:
    """The schema defaults of the CRDs (the operator's own defaults never reach the stored object)."""
    run_policy = (obj.get("spec") or {}).get("runPolicy")
    if isinstance(run_policy, dict):
        run_policy.setdefault("suspend", False)
    for key, roles in (obj.get("spec") or {}).items():
        if key.endswith("ReplicaSpecs") and isinstance(roles, dict):
            for role in roles.values():
                _fill_role(role)


def _fill_role(role: Any) -> None:
    spec = ((role or {}).get("template") or {}).get("spec") or {}
    for group in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(group) or []:
            for port in container.get("ports") or []:
                port.setdefault("protocol", "TCP")


def _fill_priority_class(obj: Object) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


_FILLERS = {
    "pods": _fill_pod,
    "services": _fill_service,
    "deployments.apps": _fill_deployment,
    "replicasets.apps": _fill_replica_set,
    "namespaces": _fill_namespace,
    "secrets": _fill_secret,
    "persistentvolumeclaims": _fill_claim,
    "rolebindings.rbac.authorization.k8s.io": _fill_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _fill_binding,
    "priorityclasses.scheduling.k8s.io": _fill_priority_class,
    **{f"{plural}.kubeflow.org": _fill_job for plural in ("tfjobs", "pytorchjobs", "mxjobs", "mpijobs")},
}
