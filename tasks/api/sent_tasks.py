"""A task in the body of a request, as a specification or as a manifest."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from tasks.api.problems import not_acceptable, refused
from tasks.api.requests import body_of
from tasks.api.shapes import Shape
from tasks.api.specifications import specification_of
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.reading import read as read_manifest
from tasks.specification import TaskSpec, error
from tasks.specification.entries import Typed
from tasks.specification.findings import Code

_WAYS = ("specification", "manifest")


class _EitherShape(Shape):
    """The same as TaskRequestShape, one level deep: what is inside has paths of its own."""

    specification = serializers.JSONField(required=False)
    manifest = serializers.JSONField(required=False)


def task_in(request: Request, namespace: str) -> Typed:
    """The task that was sent, in this namespace. Raises ApiError; what the rules say comes later."""
    given = body_of(request, _EitherShape)
    if len(given) != 1:
        raise not_acceptable([error(Code.FIELD_ONE_OF, "", fields=", ".join(_WAYS))])
    typed = specification_in(given["specification"]) if "specification" in given else of_manifest(given["manifest"])
    return in_namespace(typed, namespace)


def in_namespace(typed: Typed, namespace: str) -> Typed:
    if typed.spec.namespace not in ("", namespace):
        words = _("The task is for another namespace than the address. Leave it out, or write the same.")
        raise refused(422, "namespace-mismatch", words, path="namespace")
    return Typed(replace(typed.spec, namespace=namespace), typed.findings)


def specification_in(value: Any) -> Typed:
    """A specification whose type could be read. Raises ApiError."""
    typed = specification_of(value, flavors=catalogue())
    if isinstance(typed, tuple):
        raise not_acceptable(typed)
    return typed


def complete_specification_in(value: Any) -> TaskSpec:
    """A specification of which everything could be read, for what is kept. Raises ApiError."""
    typed = specification_in(value)
    findings = list(typed.findings)
    mode = FRAMEWORKS[typed.spec.framework].mode(typed.spec.mode)
    if mode is None:
        findings.append(error(Code.INVALID_CHOICE, "mode", value=typed.spec.mode[:80]))
    else:  # a draft has no place for the others: they would be gone without a word
        strangers = [role.name for role in typed.spec.roles if mode.role(role.name) is None]
        findings += [error(Code.ROLE_UNKNOWN, f"roles.{name}", role=name) for name in strangers]
    if findings:
        raise not_acceptable(findings)
    return typed.spec


def of_manifest(manifest: Any) -> Typed:
    """The one place where manifests come in; what has no place in the console is a finding at its path."""
    reading = read_manifest(manifest, flavors=catalogue())
    if reading.spec is None:
        raise not_acceptable(reading.refused)
    return Typed(reading.spec, list(reading.refused))
