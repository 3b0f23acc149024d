"""Rows of a role are filled into a stencil: the same as a form would draw, without one."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from tasks.specification import Code, error
from tasks.wizard.role_rows import ROWS, RoleRow, blank_row, rows_of

ENV = {"name": "RATE", "source": "value", "value": "0.1", "field": "status.podIP", "reference": "", "key": ""}
MOUNT = {"source": "secret", "name": "creds", "mount_path": "/creds", "keys": "a\nb"}


@pytest.mark.parametrize(
    ("group", "entries"),
    [
        ("env", ENV),
        ("env", ENV | {"source": "secret", "reference": "creds", "key": "token"}),
        ("env", ENV | {"value": """<b a="1" b='2'>&amp;\ue000value\ue001\n"""}),
        ("env", {"source": "no such source", "field": ""}),
        ("env", {}),
        ("mounts", MOUNT),
        ("mounts", {"name": "</textarea><script>"}),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_row_is_drawn_as_its_form_would_be(group: str, entries: dict[str, Any], language: str) -> None:
    with override(language):
        filled = RoleRow("Worker", group, 7, entries).html
        form = ROWS[group](entries, prefix=f"Worker-{group}-7")
        remove = gettext({"env": "Remove the variable", "mounts": "Remove the mount"}[group])
        context = {"name": "Worker", "group": group, "row": form, "index": 7, "remove": remove}
        drawn = render_to_string("wizard/_row.html", context)

    assert filled == drawn


def test_what_is_said_about_a_row_stands_in_it_and_in_no_other() -> None:
    first, second = rows_of({"env": [ENV, ENV]}, "Worker", "env")

    assert second.place("name", error(Code.REQUIRED, "roles.Worker.env.1.name"))

    assert 'id="id_Worker-env-1-name_error"' in second.html
    assert "_error" not in first.html
    assert first.form is None


def test_the_blank_row_waits_for_its_index() -> None:
    blank = blank_row("Worker", "env")

    assert 'name="Worker-env-__index__-name"' in blank
    assert '<option value="value" selected>' in blank
