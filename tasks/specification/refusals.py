import difflib
from collections.abc import Iterable

from tasks.specification.findings import Code, Finding, error

# Why a field of a manifest is refused, by its name, wherever it stands. Others are simply none that we know.
REASONS: dict[str, Code] = {
    # They give a pod a hold on its node, or on other pods of it.
    **dict.fromkeys(
        (
            *("hostPath", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "hostPort", "hostIP", "hostAliases"),
            *("local", "volumeDevices", "mountPropagation", "recursiveReadOnly", "shareProcessNamespace"),
        ),
        Code.FIELD_NODE,
    ),
    # They give its processes more rights than a task's have.
    **dict.fromkeys(
        (
            *("privileged", "allowPrivilegeEscalation", "procMount", "add", "sysctls", "seLinuxOptions"),
            *("appArmorProfile", "windowsOptions", "localhostProfile", "supplementalGroupsPolicy"),
        ),
        Code.FIELD_RIGHTS,
    ),
    # Whom its pods are towards the cluster.
    **dict.fromkeys(
        ("serviceAccountName", "serviceAccount", "automountServiceAccountToken", "serviceAccountToken"),
        Code.FIELD_IDENTITY,
    ),
    **dict.fromkeys(("clusterTrustBundle", "podCertificate"), Code.FIELD_IDENTITY),
    # Where pods land, and how they run there, follows from the flavor.
    **dict.fromkeys(
        (
            *("nodeName", "tolerations", "runtimeClassName", "resourceClaims", "overhead", "schedulingGates"),
            *("readinessGates", "os", "resizePolicy", "claims", "preemptionPolicy"),
        ),
        Code.FIELD_PLACEMENT,
    ),
    **dict.fromkeys(("initContainers", "ephemeralContainers", "stopSignal", "mainContainer"), Code.FIELD_CONTAINER),
    # A probe or hook that makes the node call an address of the writer's.
    **dict.fromkeys(("host", "httpGet", "tcpSocket", "grpc", "sleep"), Code.FIELD_ADDRESS),
    # Kinds of volume that the console does not look into.
    **dict.fromkeys(
        (
            *("csi", "nfs", "iscsi", "rbd", "cephfs", "glusterfs", "fc", "flexVolume", "flocker", "gitRepo", "cinder"),
            *("azureFile", "azureDisk", "awsElasticBlockStore", "gcePersistentDisk", "vsphereVolume", "quobyte"),
            *("portworxVolume", "photonPersistentDisk", "scaleIO", "storageos", "image", "ephemeral"),
        ),
        Code.FIELD_VOLUME,
    ),
    # The cluster's own bookkeeping.
    **dict.fromkeys(
        ("ownerReferences", "finalizers", "generateName", "deletionTimestamp", "deletionGracePeriodSeconds"),
        Code.FIELD_OWNED,
    ),
}


def refusal(path: str, name: str, known: Iterable[str] = ()) -> Finding:
    """Why the field at `path` has no place: a reason by its name, a likely slip of `known`, or that nobody knows it."""
    if reason := REASONS.get(name):
        return error(reason, path)
    if near := difflib.get_close_matches(name[:60], list(known), n=1, cutoff=0.8):
        return error(Code.FIELD_TYPO, path, field=name[:60], suggestion=near[0])
    return error(Code.FIELD_UNKNOWN, path, field=name[:60])
