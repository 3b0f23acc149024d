"""What there is to choose from: namespaces, task types with their modes and roles, flavors."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from namespaces.access import visible_namespaces
from tasks import queries
from tasks.api.requests import ApiView, person_of
from tasks.api.shapes import Shape
from tasks.flavors import offered
from tasks.frameworks import FRAMEWORKS
from tasks.specification import Flavor, FlavorClass, Framework
from tasks.specification.prices import written_price
from tasks.wizard import explanations


class NamespaceShape(Shape):
    name = serializers.CharField()
    class_name = serializers.CharField()
    state = serializers.CharField(help_text="Active or Terminating.")
    may_create = serializers.BooleanField()


class NamespaceListShape(Shape):
    namespaces = NamespaceShape(many=True)


class RoleChoiceShape(Shape):
    name = serializers.CharField()
    explanation = serializers.CharField()
    optional = serializers.BooleanField()
    exactly = serializers.IntegerField(allow_null=True, help_text="Null: one or more.")
    rdma = serializers.BooleanField(help_text="Whether it may take flavors of class rdma.")


class ModeShape(Shape):
    key = serializers.CharField()
    title = serializers.CharField()
    explanation = serializers.CharField()
    roles = RoleChoiceShape(many=True)


class FrameworkShape(Shape):
    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    served = serializers.BooleanField(help_text="Whether this cluster has it.")
    restart_policies = serializers.ListField(child=serializers.CharField())
    modes = ModeShape(many=True)


class FrameworkListShape(Shape):
    frameworks = FrameworkShape(many=True)


class FlavorShape(Shape):
    key = serializers.CharField()
    class_name = serializers.ChoiceField(choices=[one.value for one in FlavorClass])
    gpu_model = serializers.CharField(allow_blank=True, help_text="Empty: any, or no GPU.")
    gpus = serializers.IntegerField()
    rdma_devices = serializers.IntegerField()
    cpu_millicores = serializers.IntegerField()
    memory_mib = serializers.IntegerField()
    price_per_second = serializers.CharField(help_text='A decimal number: "0.005".')


class FlavorListShape(Shape):
    flavors = FlavorShape(many=True)
    currency = serializers.CharField(allow_blank=True)


class Namespaces(ApiView):
    @extend_schema(operation_id="list_namespaces", responses=NamespaceListShape)
    def get(self, request: Request) -> Response:
        """The namespaces that the person sees."""
        found = [
            {
                "name": access.name,
                "class_name": access.class_name,
                "state": access.phase,
                "may_create": access.can_create,
            }
            for access in visible_namespaces(person_of(request))
        ]
        return Response({"namespaces": found})


class Frameworks(ApiView):
    @extend_schema(operation_id="list_frameworks", responses=FrameworkListShape)
    def get(self, request: Request) -> Response:
        """The task types, their training modes, and the roles of each."""
        served = queries.served_frameworks()
        return Response({"frameworks": [_framework(one, served) for one in FRAMEWORKS.values()]})


class Flavors(ApiView):
    @extend_schema(operation_id="list_flavors", responses=FlavorListShape)
    def get(self, request: Request) -> Response:
        """The pod sizes that may be chosen."""
        return Response({"flavors": [_flavor(one) for one in offered().values()], "currency": settings.CURRENCY})


def _framework(framework: Framework, served: frozenset[str]) -> dict[str, Any]:
    return {
        "key": framework.key,
        "title": framework.title,
        "kind": framework.resource.kind,
        "served": framework.key in served,
        "restart_policies": [policy.value for policy in framework.restart_policies],
        "modes": [
            {
                "key": mode.key,
                "title": str(explanations.MODE_TITLES[f"{framework.key}.{mode.key}"]),
                "explanation": str(explanations.MODES[f"{framework.key}.{mode.key}"]),
                "roles": [
                    {
                        "name": role.name,
                        "explanation": str(explanations.ROLES[f"{framework.key}.{role.name}"]),
                        "optional": role.optional,
                        "exactly": role.exactly,
                        "rdma": role.rdma,
                    }
                    for role in mode.roles
                ],
            }
            for mode in framework.modes
        ],
    }


def _flavor(flavor: Flavor) -> dict[str, Any]:
    return {
        "key": flavor.key,
        "class_name": flavor.class_.value,
        "gpu_model": flavor.gpu_model,
        "gpus": flavor.gpus,
        "rdma_devices": flavor.rdma_devices,
        "cpu_millicores": flavor.cpu_millicores,
        "memory_mib": flavor.memory_mib,
        "price_per_second": written_price(flavor.price_micros_per_second),
    }
