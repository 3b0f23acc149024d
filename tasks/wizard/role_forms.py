"""The forms of a role: the role itself, and one for each row and group inside it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasks.specification import FileSource, PodField, Scheme
from tasks.specification.role_entries import PROBE_NUMBERS
from tasks.wizard.drawn_field import Choice, Line, Lines
from tasks.wizard.forms import CODE, NUMBER, EntryForm


def _lines(rows: int = 3) -> Lines:
    return Lines(attrs={"rows": rows, "class": "font-monospace", **CODE})


class RoleForm(EntryForm):
    """Step 2, one form a role: how many pods, of which size, and what they run."""

    enabled = forms.CharField(label=_("Enable this role"), required=False, widget=forms.CheckboxInput)
    replicas = forms.CharField(label=_("Number of pods"), initial="1", widget=Line(attrs=NUMBER))
    image = forms.CharField(label=_("Image of this role"), required=False, widget=Line(attrs=CODE))
    flavor = forms.CharField(label=_("Pod flavor"), initial="")  # drawn by the page: radio buttons as tiles
    command = forms.CharField(
        label=_("Start command"),
        required=False,
        widget=_lines(),
        help_text=_("One word a line, as for the arguments; replaces the image's entry point. Empty: the image's own."),
    )
    args = forms.CharField(
        label=_("Arguments"),
        required=False,
        widget=_lines(),
        help_text=_(
            "One argument a line, as it stands. A line in double quotes is a JSON string: for what has line breaks."
        ),
    )
    restart_policy = forms.ChoiceField(label=_("Restart policy"), initial="Never", widget=forms.RadioSelect)
    shared_memory = forms.CharField(
        label=_("Shared memory as large as the pod's memory"),
        required=False,
        widget=forms.CheckboxInput,
        help_text=_("Otherwise /dev/shm has 64 MiB: too little for NCCL and for data loaders with workers."),
    )
    post_start = forms.CharField(
        label=_("After the start"),
        required=False,
        widget=_lines(2),
        help_text=_("Runs in the container beside its command, one word a line. If it fails, the container is ended."),
    )
    pre_stop = forms.CharField(
        label=_("Before the end"),
        required=False,
        widget=_lines(2),
        help_text=_("Runs before the container is asked to end, one word a line. Not when it ends by itself."),
    )


class EnvForm(EntryForm):
    """One environment variable."""

    name = forms.CharField(label=_("Variable"), widget=Line(attrs=CODE))
    source = forms.ChoiceField(
        label=_("Comes from"),
        initial="value",
        choices=[
            ("value", _("Typed in")),
            ("field", _("The pod")),
            ("config_map", _("A ConfigMap")),
            ("secret", _("A Secret")),
        ],
        widget=Choice,
    )
    # A text of lines: an imported value may have several, and a browser takes line breaks out of a line.
    value = forms.CharField(label=_("Value"), required=False, widget=Lines(attrs={"rows": 1, **CODE}))
    field = forms.ChoiceField(
        label=_("Which of the pod"),
        required=False,
        initial=PodField.POD_IP.value,
        choices=[(PodField.POD_IP.value, "PodIP"), (PodField.POD_NAME.value, "PodName")],
        widget=Choice,
    )
    reference = forms.CharField(label=_("Its name"), required=False, widget=Line(attrs=CODE))
    key = forms.CharField(label=_("Its key"), required=False, widget=Line(attrs=CODE))


class MountForm(EntryForm):
    """A ConfigMap or Secret as a folder of files."""

    source = forms.ChoiceField(
        label=_("Comes from"),
        initial=FileSource.CONFIG_MAP.value,
        choices=[(FileSource.CONFIG_MAP.value, _("A ConfigMap")), (FileSource.SECRET.value, _("A Secret"))],
        widget=Choice,
    )
    name = forms.CharField(label=_("Its name"), widget=Line(attrs=CODE))
    mount_path = forms.CharField(label=_("Mount path in the container"), widget=Line(attrs=CODE))
    keys = forms.CharField(
        label=_("Only these keys"),
        required=False,
        widget=Lines(attrs={"rows": 1, **CODE}),
        help_text=_("One a line. Empty: all of them."),
    )


class ProbeForm(EntryForm):
    """How the kubelet asks a container whether it is well; without a kind it does not ask."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("probe", "Asks by"),
        required=False,
        initial="",
        choices=[
            ("", pgettext_lazy("probe", "Does not ask")),
            ("http", pgettext_lazy("probe", "HTTP request")),
            ("command", pgettext_lazy("probe", "Command in the container")),
        ],
        widget=Choice,
    )
    scheme = forms.ChoiceField(
        label=_("Protocol"),
        required=False,
        initial=Scheme.HTTP.value,
        choices=[(scheme.value, scheme.value) for scheme in Scheme],
        widget=Choice,
    )
    port = forms.CharField(label=_("Port"), widget=Line(attrs=NUMBER))
    path = forms.CharField(label=pgettext_lazy("probe", "Path of the address"), required=False, widget=Line(attrs=CODE))
    command = forms.CharField(
        label=_("Command"), widget=_lines(2), help_text=_("One word a line. Well when it ends with 0.")
    )
    initial_delay_seconds = forms.CharField(label=_("First after (s)"), required=False, widget=Line(attrs=NUMBER))
    period_seconds = forms.CharField(label=_("Then every (s)"), required=False, widget=Line(attrs=NUMBER))
    timeout_seconds = forms.CharField(label=_("Waits for (s)"), required=False, widget=Line(attrs=NUMBER))
    success_threshold = forms.CharField(label=_("Well after successes"), required=False, widget=Line(attrs=NUMBER))
    failure_threshold = forms.CharField(label=_("Unwell after failures"), required=False, widget=Line(attrs=NUMBER))

    def __init__(self, entries: Mapping[str, Any], *, prefix: str = "") -> None:
        super().__init__({**PROBE_NUMBERS, **entries}, prefix=prefix)
