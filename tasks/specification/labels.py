"""Kubernetes' grammar of labels and of the names of resources (apimachinery, pkg/util/validation)."""

import re

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_PREFIX_MAX = 253


def is_label_key(text: str) -> bool:
    """A name, or a DNS subdomain, "/" and a name: "disk", "trainyard.io/gpu-model". Taints have the same keys."""
    prefix, slash, name = text.rpartition("/")
    if slash and not (len(prefix) <= _PREFIX_MAX and _PREFIX.fullmatch(prefix)):
        return False
    return bool(_NAME.fullmatch(name))


def is_label_value(text: str) -> bool:
    return not text or bool(_NAME.fullmatch(text))


def is_extended_resource(text: str) -> bool:
    """What a device plugin may call its devices: with a prefix that is not Kubernetes' own."""
    prefix = text.rpartition("/")[0]
    return is_label_key(text) and bool(prefix) and not prefix.endswith("kubernetes.io") and prefix != "requests"
