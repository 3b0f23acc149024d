"""The form of one flavor: its own fields, a row a label, a row a toleration."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasks.specification import Code, Flavor, FlavorClass
from tasks.specification.flavor import GPU_MODEL_LABEL, GPU_TOLERATION, RDMA_RESOURCE, Toleration
from tasks.specification.prices import written_price
from tasks.specification.quantities import MEBIBYTE, MILLICORE
from tasks.views.settings.fields import (
    REQUIRED,
    LabelKeyField,
    LabelValueField,
    PriceField,
    QuantityField,
    ResourceField,
    TextField,
    VersionField,
    WholeField,
    written_units,
    wrong,
)
from tasks.views.settings.rows import Rows

ROWS_MAX = 20
CPU_MAX = 1_000_000  # millicores, and more than any machine has
MEMORY_MAX = 64 * 1024 * 1024  # MiB
_CLASSES = [
    (FlavorClass.GPU.value, _("GPU accelerated")),
    (FlavorClass.RDMA.value, _("RDMA accelerated")),
    (FlavorClass.CPU.value, _("CPU only")),
]


class FlavorForm(forms.Form):
    """Fields that do not belong to the chosen class are not looked at: what they hold waits for another choice."""

    use_required_attribute = False

    key = LabelValueField(
        label=_("Key"),
        required=True,
        help_text=_("Stands in tasks and their manifests; it cannot be changed later. For example a100-80g-x1."),
    )
    title = TextField(
        label=_("Title"),
        maximum=64,
        help_text=_("Flavors of one title stand in one line of the wizard. Empty: the name of the class."),
    )
    class_ = forms.ChoiceField(
        label=pgettext_lazy("flavor", "Class"),
        choices=_CLASSES,
        initial="gpu",
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages=dict.fromkeys(("invalid_choice", "required"), REQUIRED),
    )
    gpus = WholeField(label=_("Number of GPUs"), minimum=1, most=64)
    gpu_model = LabelValueField(
        label=_("GPU model"),
        help_text=_("Value of the label trainyard.io/gpu-model of its nodes. Empty: any GPU."),
    )
    driver = VersionField(
        label=_("GPU driver"),
        help_text=_("Of its nodes, where GPU feature discovery does not label them with it. Empty: not known."),
    )
    rdma_devices = WholeField(label=_("RDMA devices"), most=64)
    rdma_resource = ResourceField(label=_("RDMA resource"), help_text=_("As the device plugin calls it."))
    cpu = QuantityField(label="CPU", required=True, unit=MILLICORE, most=CPU_MAX, example="4, 500m")
    memory = QuantityField(label=_("Memory"), required=True, unit=MEBIBYTE, most=MEMORY_MAX, example="32Gi, 512Mi")
    price = PriceField(label=_("Price a second"))

    def __init__(self, data: Mapping[str, Any] | None, *, existing: str, initial: Mapping[str, Any]) -> None:
        """`existing`: the key of the flavor that is edited."""
        super().__init__(data, auto_id="id_%s", initial=dict(initial))
        self.existing = existing
        if existing:
            del self.fields["key"]
        if settings.CURRENCY:
            self.fields["price"].help_text = _("In %(currency)s; 0.005 is 18 an hour. Empty: no price is shown.") % {
                "currency": settings.CURRENCY
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen, required = data.get("class_"), {"gpu": "gpus", "rdma": "rdma_devices"}
        for class_, names in _FIELDS_OF_CLASS.items():
            if class_ != chosen:
                for name in names - _FIELDS_OF_CLASS.get(chosen or "", frozenset()):
                    self.errors.pop(name, None)
                    data[name] = None
        field = required.get(chosen or "", "")
        if field and not data.get(field) and field not in self.errors:
            self.add_error(field, wrong(Code.REQUIRED) if data.get(field) is None else wrong(Code.TOO_SMALL, minimum=1))
        return data

    def flavor(self, selector: Mapping[str, str], tolerations: tuple[Toleration, ...]) -> Flavor:
        """What a valid form says, with its rows."""
        data = self.cleaned_data
        model = {GPU_MODEL_LABEL: data["gpu_model"]} if data.get("gpu_model") else {}
        return Flavor(
            key=self.existing or data["key"],
            title=data["title"],
            gpus=data.get("gpus") or 0,
            rdma_devices=data.get("rdma_devices") or 0,
            rdma_resource=(data.get("rdma_devices") and data.get("rdma_resource")) or RDMA_RESOURCE,
            cpu_millicores=data["cpu"],
            memory_mib=data["memory"],
            node_selector=model | dict(selector),
            tolerations=tolerations,
            price_micros_per_second=data["price"],
            driver=data.get("driver") or "",
        )


_RDMA_FIELDS = frozenset({"rdma_devices", "rdma_resource"})
_FIELDS_OF_CLASS = {
    "gpu": frozenset({"gpus", "gpu_model", "driver"}) | _RDMA_FIELDS,
    "rdma": _RDMA_FIELDS,
    "cpu": frozenset[str](),
}


class LabelRow(forms.Form):
    """A label that nodes must have."""

    use_required_attribute = False
    key = LabelKeyField(label=_("Label"))
    value = LabelValueField(label=pgettext_lazy("label", "Value"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("value") and not data.get("key") and "key" not in self.errors:
            self.add_error("key", wrong(Code.REQUIRED))
        if data.get("key") == GPU_MODEL_LABEL:
            self.add_error("key", ValidationError(_("Use the field “GPU model” for this label."), code="model"))
        return data


class TolerationRow(forms.Form):
    """A taint of nodes that its pods tolerate."""

    use_required_attribute = False
    key = LabelKeyField(label=_("Taint"))
    operator = forms.ChoiceField(
        label=pgettext_lazy("toleration", "Value is"),
        required=False,
        initial="Exists",
        choices=[("Exists", pgettext_lazy("toleration", "any")), ("Equal", pgettext_lazy("toleration", "equal to"))],
    )
    value = LabelValueField(label=pgettext_lazy("label", "Value"))
    effect = forms.ChoiceField(
        label=_("Effect"),
        required=False,
        initial="NoSchedule",
        choices=[
            ("NoSchedule", "NoSchedule"),
            ("PreferNoSchedule", "PreferNoSchedule"),
            ("NoExecute", "NoExecute"),
            ("", pgettext_lazy("toleration", "every effect")),
        ],
    )
    seconds = WholeField(label=_("Seconds"), most=2**31 - 1)

    def clean(self) -> dict[str, Any]:
        """The rules of Kubernetes (core validation, ValidateTolerations), without the toleration of everything."""
        data = super().clean() or {}
        if (data.get("value") or data.get("seconds") is not None) and not data.get("key") and "key" not in self.errors:
            self.add_error("key", wrong(Code.REQUIRED))
        if data.get("operator") == "Exists" and data.get("value"):
            self.add_error("value", ValidationError(_("Leave it empty, or choose “equal to”."), code="value"))
        if data.get("seconds") is not None and data.get("effect") != "NoExecute":
            self.add_error("seconds", ValidationError(_("Only with the effect NoExecute."), code="seconds"))
        return data

    def toleration(self) -> Toleration:
        data = self.cleaned_data
        return Toleration(
            key=data["key"],
            operator=data["operator"] or "Exists",
            value=data["value"],
            effect=data["effect"],
            seconds=data["seconds"],
        )


def initial_of(flavor: Flavor) -> dict[str, Any]:
    """What the form shows of a flavor."""
    return {
        "key": flavor.key,
        "title": flavor.title,
        "class_": flavor.class_.value,
        "gpus": flavor.gpus or "",
        "gpu_model": flavor.gpu_model,
        "driver": flavor.driver,
        "rdma_devices": flavor.rdma_devices or "",
        "rdma_resource": flavor.rdma_resource,
        "cpu": written_units(flavor.cpu_millicores, MILLICORE),
        "memory": written_units(flavor.memory_mib, MEBIBYTE),
        "price": written_price(flavor.price_micros_per_second) if flavor.price_micros_per_second else "",
    }


BLANK = {"class_": "gpu", "rdma_resource": RDMA_RESOURCE}


def label_rows(data: Mapping[str, Any] | None, flavor: Flavor | None) -> Rows[LabelRow]:
    selector = flavor.node_selector if flavor else {}
    initial = [{"key": key, "value": value} for key, value in selector.items() if key != GPU_MODEL_LABEL]
    return Rows(LabelRow, "label", data, initial, most=ROWS_MAX, unique=lambda row: row["key"])


def toleration_rows(data: Mapping[str, Any] | None, flavor: Flavor | None) -> Rows[TolerationRow]:
    initial = [
        {
            "key": toleration.key,
            "operator": toleration.operator,
            "value": toleration.value,
            "effect": toleration.effect,
            "seconds": "" if toleration.seconds is None else toleration.seconds,
        }
        for toleration in (flavor.tolerations if flavor else (GPU_TOLERATION,))
    ]
    return Rows(TolerationRow, "toleration", data, initial, most=ROWS_MAX)
