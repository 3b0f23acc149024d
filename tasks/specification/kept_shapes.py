"""The parts of a manifest that may be carried along, field by field (kept.py has the list, and the reasons)."""

from typing import Any

from tasks.specification.accepting import (
    DROPPED,
    Shape,
    complete,
    either,
    fields,
    flag,
    items,
    join,
    mapping,
    quantity,
    text,
    whole,
    words,
)
from tasks.specification.findings import Code, Finding, error

# apimachinery, pkg/util/validation
_LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_QUALIFIED = rf"(?:{_SUBDOMAIN}/)?{_NAME}"
_LABEL_VALUE = "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_DATA_KEY = r"(?!\.\.?\Z)(?!\.\.)[-._a-zA-Z0-9]{1,253}"
_RELATIVE = r"(?!/)(?:(?!\.\.?(?:/|\Z))[^/:\\]+)(?:/(?!\.\.?(?:/|\Z))[^/:\\]+)*"

label_1123 = text(_LABEL, maximum=63)
subdomain = text(_SUBDOMAIN, maximum=253)
directory = text(r"/[^:\\]*")
selector = mapping(_QUALIFIED, text(_LABEL_VALUE, maximum=63))
local_reference = fields({"name": subdomain}, required=("name",))

OUR_PREFIX = "trainyard.io/"
# The last words of these keys switch off what holds a container in, or put another one beside it.
_RISKY_KEYS = ("container.apparmor.security.beta.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/")
_RISKY_NAMES = ("seccomp.security.alpha.kubernetes.io/pod", "sidecar.istio.io/inject", "linkerd.io/inject")
ANNOTATIONS_BYTES_MAX = 200 * 1024  # Kubernetes: 256 KiB with ours


def _own(shape: Shape) -> Shape:
    """Labels or annotations of the writer's own."""

    def checked(value: Any, path: str, refused: list[Finding]) -> Any:
        kept = shape(value, path, refused)
        if kept is DROPPED:
            return DROPPED
        for key in list(kept):
            if key.startswith((OUR_PREFIX, *_RISKY_KEYS)) or key in _RISKY_NAMES:
                code = Code.FIELD_OWNED if key.startswith(OUR_PREFIX) else Code.FIELD_RIGHTS
                refused.append(error(code, join(path, key)))
                del kept[key]
        return kept

    return checked


labels = _own(mapping(_QUALIFIED, text(_LABEL_VALUE, maximum=63)))
_annotations = _own(mapping(_QUALIFIED, text(maximum=ANNOTATIONS_BYTES_MAX)))


def annotations(value: Any, path: str, refused: list[Finding]) -> Any:
    kept = _annotations(value, path, refused)
    if kept is not DROPPED and sum(len(key) + len(text.encode()) for key, text in kept.items()) > ANNOTATIONS_BYTES_MAX:
        refused.append(error(Code.FIELD_TOO_LARGE, path))
        return DROPPED
    return kept


# --- Of the task
scheduling = fields(
    {
        "minAvailable": whole(1),
        "queue": text("[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?", maximum=253),
        "minResources": mapping(_QUALIFIED, quantity),
        "priorityClass": subdomain,
        "scheduleTimeoutSeconds": whole(0),
    }
)
elastic = fields(
    {
        "minReplicas": whole(1),
        "maxReplicas": whole(1),
        "rdzvBackend": words("c10d", "etcd", "etcd-v2"),
        "rdzvPort": whole(1, 65535),
        "rdzvHost": text(r"[A-Za-z0-9._-]{1,253}", maximum=253),
        "rdzvId": text(maximum=253),
        "rdzvConf": items(fields({"key": text(maximum=253), "value": text(maximum=1024)})),
        "standalone": flag(),
        "nProcPerNode": whole(1, 1024),
        "maxRestarts": whole(0),
    }
)

# --- Of a container
port = fields(
    {
        "name": text("(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?", maximum=15),
        "containerPort": whole(1, 65535),
        "protocol": words("TCP", "UDP", "SCTP"),
    },
    required=("containerPort",),
)
# Kubernetes takes more than shells do; the wizard's own rule is the narrower one.
_env_name = text("[-._a-zA-Z][-._a-zA-Z0-9]*", maximum=253)
_field_path = text(
    r"metadata\.(?:name|namespace|uid)|metadata\.(?:labels|annotations)\['[^']{1,317}'\]"
    r"|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIP|hostIPs|podIP|podIPs)"
)
_all_field_path = either(text(r"metadata\.(?:labels|annotations)"), _field_path)
_resource_field = fields(
    {
        "containerName": label_1123,
        "resource": text(r"(?:limits|requests)\.[A-Za-z0-9./_-]{1,100}"),
        "divisor": quantity,
    },
    required=("resource",),
)
_api_version = words("v1")
_key_reference = fields(
    {"name": subdomain, "key": text(_DATA_KEY, maximum=253), "optional": flag()}, required=("name", "key")
)
env = complete(
    fields(
        {
            "name": _env_name,
            "value": text(maximum=128 * 1024),
            "valueFrom": fields(
                {
                    "fieldRef": fields({"fieldPath": _field_path, "apiVersion": _api_version}, required=("fieldPath",)),
                    "resourceFieldRef": _resource_field,
                    "configMapKeyRef": _key_reference,
                    "secretKeyRef": _key_reference,
                },
                one_of=("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"),
            ),
        },
        required=("name",),
    )
)
_reference = fields({"name": subdomain, "optional": flag()}, required=("name",))
env_from = fields(
    {"prefix": text("[-._a-zA-Z0-9]*", maximum=253), "configMapRef": _reference, "secretRef": _reference},
    one_of=("configMapRef", "secretRef"),
)
# Kubernetes' own, or a device plugin's: the API server refuses pods, not tasks, that ask for anything else.
_RESOURCE = rf"cpu|memory|ephemeral-storage|hugepages-[A-Za-z0-9]+|{_SUBDOMAIN}/{_NAME}"
resources = fields({"limits": mapping(_RESOURCE, quantity), "requests": mapping(_RESOURCE, quantity)})
mount = complete(
    fields(
        {"name": label_1123, "mountPath": text("[^:]*"), "subPath": text(_RELATIVE), "readOnly": flag()},
        required=("name", "mountPath"),
    )
)
_probe_port = either(whole(1, 65535), text("(?=.*[a-z])[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?", maximum=15))
_probe = fields(
    {
        "httpGet": fields(
            {
                "path": text("/.*"),
                "port": _probe_port,
                "scheme": words("HTTP", "HTTPS"),
                "httpHeaders": items(
                    fields(
                        {"name": text("(?![Hh][Oo][Ss][Tt]\\Z)[A-Za-z0-9-]+", maximum=100), "value": text()},
                        required=("name", "value"),
                    ),
                    maximum=20,
                ),
            },
            required=("port",),
        ),
        "exec": fields({"command": items(text(maximum=128 * 1024), minimum=1, maximum=256)}, required=("command",)),
        "tcpSocket": fields({"port": _probe_port}, required=("port",)),
        "grpc": fields({"port": whole(1, 65535), "service": text(maximum=253)}, required=("port",)),
        "initialDelaySeconds": whole(0),
        "timeoutSeconds": whole(1),
        "periodSeconds": whole(1),
        "successThreshold": whole(1),
        "failureThreshold": whole(1),
        "terminationGracePeriodSeconds": whole(1, 86400),
    },
    one_of=("httpGet", "exec", "tcpSocket", "grpc"),
)
probe = complete(_probe)

# --- Of a pod
dns = fields(
    {
        "nameservers": items(text("[0-9a-fA-F:.]+", maximum=45), maximum=3),
        "searches": items(text(r"[A-Za-z0-9._-]+", maximum=253), maximum=32),
        "options": items(fields({"name": text("[a-z0-9-]+", maximum=63), "value": text("[0-9]*", maximum=9)})),
    }
)
_id, _group = whole(1), whole(0)  # user 0 is root
_seccomp = fields({"type": words("RuntimeDefault")}, required=("type",))
pod_security = fields(
    {
        "runAsUser": _id,
        "runAsGroup": _group,
        "runAsNonRoot": flag(only=True),
        "fsGroup": _group,
        "fsGroupChangePolicy": words("Always", "OnRootMismatch"),
        "supplementalGroups": items(_group),
        "seccompProfile": _seccomp,
    }
)
container_security = fields(
    {
        "runAsUser": _id,
        "runAsGroup": _group,
        "runAsNonRoot": flag(only=True),
        "privileged": flag(only=False),
        "allowPrivilegeEscalation": flag(only=False),
        "readOnlyRootFilesystem": flag(),
        "capabilities": fields({"drop": items(text("[A-Z_]+", maximum=40))}),
        "seccompProfile": _seccomp,
    }
)
_mode = whole(0, 0o777)
_items = items(
    fields({"key": text(_DATA_KEY, maximum=253), "path": text(_RELATIVE), "mode": _mode}, required=("key", "path"))
)
_config_map = fields({"name": subdomain, "items": _items, "optional": flag()}, required=("name",))
_downward = items(
    fields(
        {
            "path": text(_RELATIVE),
            "mode": _mode,
            "fieldRef": fields({"fieldPath": _all_field_path, "apiVersion": _api_version}, required=("fieldPath",)),
            "resourceFieldRef": _resource_field,
        },
        required=("path",),
        one_of=("fieldRef", "resourceFieldRef"),
    )
)
_projected = fields(
    {"configMap": _config_map, "secret": _config_map, "downwardAPI": fields({"items": _downward})},
    one_of=("configMap", "secret", "downwardAPI"),
)
_SOURCES = ("emptyDir", "persistentVolumeClaim", "configMap", "secret", "downwardAPI", "projected")
volume = fields(
    {
        "name": label_1123,
        "emptyDir": fields({"medium": words("", "Memory"), "sizeLimit": quantity}),
        "persistentVolumeClaim": fields({"claimName": subdomain, "readOnly": flag()}, required=("claimName",)),
        "configMap": fields(
            {"name": subdomain, "items": _items, "optional": flag(), "defaultMode": _mode}, required=("name",)
        ),
        "secret": fields(
            {"secretName": subdomain, "items": _items, "optional": flag(), "defaultMode": _mode},
            required=("secretName",),
        ),
        "downwardAPI": fields({"items": _downward, "defaultMode": _mode}),
        "projected": fields({"sources": items(_projected), "defaultMode": _mode}),
    },
    required=("name",),
    one_of=_SOURCES,
)
