"""What became of what a person asked for."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from tasks import actions
from tasks.api.answers import OperationShape, operation_answer
from tasks.api.problems import refused
from tasks.api.requests import ApiView, person_of
from tasks.models import Operation
from tasks.queries.operations import operation_of


class OneOperation(ApiView):
    @extend_schema(operation_id="read_operation", responses=OperationShape)
    def get(self, request: Request, key: UUID) -> Response:
        """Whether it is done; ask again while `state` is neither `succeeded` nor `failed`."""
        return Response(operation_answer(_operation(request, key)))


class Confirmation(ApiView):
    @extend_schema(operation_id="confirm_operation", request=None, responses=OperationShape)
    def post(self, request: Request, key: UUID) -> Response:
        """An operation that `needs-confirmation` shall still be done."""
        actions.confirm_operation(_operation(request, key), by=person_of(request))
        return Response(operation_answer(_operation(request, key)))


class Withdrawal(ApiView):
    @extend_schema(operation_id="withdraw_operation", request=None, responses=OperationShape)
    def post(self, request: Request, key: UUID) -> Response:
        """An operation that nobody has begun shall not be done; 409 where that is too late."""
        withdrawn = actions.withdraw_operation(_operation(request, key), by=person_of(request))
        operation = _operation(request, key)
        if not withdrawn and operation.reason != Operation.Reason.WITHDRAWN:
            raise refused(409, "nothing-to-change", _("It is being carried out already, or has ended."))
        return Response(operation_answer(operation))


def _operation(request: Request, key: UUID) -> Operation:
    operation = operation_of(request.user, key)
    if operation is None:
        raise Http404
    return operation
