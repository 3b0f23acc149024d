import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from console.web.templatetags.figures import clock, cores, duration, elapsed, memory
from tasks.templatetags import task_words as words
from tests.web.messages import ROOT

DRAWN = re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""")


def draw(source: str, **context: object) -> str:
    request = RequestFactory().get("/n/vision/tasks/?type=mpi&before=abc&sort=name")
    return Template(source).render(Context({"request": request, **context}))


def test_every_icon_that_is_drawn_is_in_the_sprite() -> None:
    wanted = set(json.loads((ROOT / "static" / "vendor.json").read_text())["icons"])
    drawn = {name for path in (ROOT / "templates").rglob("*.html") for name in DRAWN.findall(path.read_text())}
    badges = [*words.PHASES.values(), *words.POD_PHASES.values(), *words.CONTAINER_STATES.values()]
    drawn |= {badge.icon for badge in badges} | {icon for _tone, icon in words.OPERATION_LOOKS.values()}

    assert drawn - wanted == set()


def test_no_template_has_an_inline_script_or_style() -> None:
    offending = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|hx-vals=.js:", path.read_text())
    ]

    assert offending == []


def test_a_column_head_sorts_up_and_then_down() -> None:
    head = '{% sort_header "name" "Name" "#task-list" %}'

    assert 'href="/n/vision/tasks/?type=mpi&amp;sort=-name"' in draw(head, sort="name")
    assert 'aria-sort="ascending"' in draw(head, sort="name")
    assert 'href="/n/vision/tasks/?type=mpi&amp;sort=name"' in draw(head, sort="-name")
    assert 'aria-sort="none"' in draw(head, sort="-created_at")


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="Short.")
    kind = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(required=False)


def test_a_field_is_tied_to_its_label_help_and_error() -> None:
    field = ExampleForm({"kind": "a"})["name"].as_field_group()

    assert '<label class="form-label required" for="id_name">Name</label>' in field
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_name_helptext id_name_error"' in field
    assert 'id="id_name_error"' in field
    assert 'class="form-control is-invalid"' in field


def test_several_inputs_stand_under_one_legend() -> None:
    form = ExampleForm()

    assert "<legend" in form["kind"].as_field_group()
    assert 'class="form-check-input"' in form["agreed"].as_field_group()


def test_what_is_copied_is_escaped() -> None:
    assert 'data-copy="&quot;&gt;&lt;b&gt;"' in draw('{% copy_button value "Copy" %}', value='"><b>')


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (129, "2 min 09 s"),
        (3900, "1 h 05 min"),
        (3 * 86400 + 4 * 3600, "3 d 04 h"),
        (-5, "0 s"),
    ],
)
def test_run_times_have_two_parts_at_most(seconds: int, said: str) -> None:
    assert duration(timedelta(seconds=seconds)) == said


def test_figures_are_read_from_columns_and_from_json() -> None:
    assert elapsed("2026-11-23T10:00:00+00:00", "2026-11-23T10:01:30+00:00") == timedelta(seconds=90)
    assert elapsed(None) is None
    assert clock(datetime(2026, 11, 23, 10, 0, tzinfo=UTC)) == "2026-11-23 10:00:00"
    assert (memory(512), memory(32768), memory(15000)) == ("512 MiB", "32 GiB", "14.6 GiB")
    assert (cores(500), cores(4000)) == ("0.5", "4")


def test_the_browser_words_run_times_as_the_server_does() -> None:
    """shell.js ticks on with words of its own: they must be the catalogue's."""
    script = (ROOT / "static" / "js" / "shell.js").read_text()
    chinese = (ROOT / "locale" / "zh_Hans" / "shell.po").read_text()

    for unit in ("天", "小时", "分", "秒"):
        assert unit in script
        assert unit in chinese
