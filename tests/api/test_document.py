"""The committed OpenAPI document is the one that the code makes."""

from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


def test_the_committed_document_is_what_the_code_makes() -> None:
    made = StringIO()

    call_command("spectacular", validate=True, fail_on_warn=True, stdout=made)

    assert made.getvalue() == COMMITTED.read_text(), "write it anew: manage.py spectacular --file docs/openapi.yaml"
