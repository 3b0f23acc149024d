"""How the OpenAPI document is made: drf-spectacular, and what it cannot know by itself."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from tasks.api.answers import OperationShape

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 visible ASCII characters: the same key and the same request are the same operation.",
    pattern="^[\\x21-\\x7e]{1,255}$",
)
VERSION = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag that was read: nothing that changed meanwhile is overwritten.",
    pattern='^"[0-9]{1,9}"$',
)
OPERATION = {202: OpenApiResponse(OperationShape, description="Asked for. `Location` tells what becomes of it.")}
_NAMES = {"namespace": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "uid": "^[a-z0-9][a-z0-9-]{0,62}$"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tasks.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A personal token: ty_…"}


def with_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation may answer with problems; names in addresses have their patterns; objects know their fields."""
    problems = {"$ref": "#/components/schemas/Problems"}
    said = {"description": "What is wrong.", "content": {"application/json": {"schema": problems}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = said
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in _NAMES:
                    parameter["schema"]["pattern"] = _NAMES[parameter["name"]]
    for schema in result["components"]["schemas"].values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result
