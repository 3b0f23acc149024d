"""The task as a typed, pure object; the one validator; what was typed, as such an object. No Django here."""

from tasks.specification.capacity_rules import check_flavor_fits, totals
from tasks.specification.facts import ClaimFact, Facts, NamespaceFact, NodeFact, QuotaFact
from tasks.specification.findings import Code, Finding, blocking, error, warning
from tasks.specification.flavor import Flavor, FlavorClass
from tasks.specification.rules import check
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import (
    CleanPodPolicy,
    CommandCheck,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    EnvSource,
    FileMount,
    FileSource,
    HttpCheck,
    PodField,
    Probe,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    Scheme,
    SecretKey,
    TaskSpec,
    VolumePurpose,
)

__all__ = [
    "ClaimFact",
    "CleanPodPolicy",
    "Code",
    "CommandCheck",
    "ConfigMapKey",
    "DataVolume",
    "EnvEntry",
    "EnvSource",
    "Facts",
    "FileMount",
    "FileSource",
    "Finding",
    "Flavor",
    "FlavorClass",
    "Framework",
    "HttpCheck",
    "Mode",
    "NamespaceFact",
    "NodeFact",
    "PodField",
    "Probe",
    "QuotaFact",
    "RestartPolicy",
    "RoleShape",
    "RoleSpec",
    "RunPolicy",
    "Scheme",
    "SecretKey",
    "TaskSpec",
    "VolumePurpose",
    "blocking",
    "check",
    "check_flavor_fits",
    "error",
    "totals",
    "warning",
]
