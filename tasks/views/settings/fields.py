"""Form fields of the settings: each cleans to the domain's unit, and says what is wrong in the console's words."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tasks import wording
from tasks.specification import Code, error
from tasks.specification.cuda_rules import version_of
from tasks.specification.findings import Parameter
from tasks.specification.labels import is_extended_resource, is_label_key, is_label_value
from tasks.specification.numbers import parse_whole
from tasks.specification.prices import MICROS
from tasks.specification.quantities import parse_quantity
from tasks.specification.text import bad_character

_CODE = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off", "class": "font-monospace"}
REQUIRED = _("Fill this in.")  # as everywhere
_PRICE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)
PRICE_MAX = 10**9 * MICROS  # a second; sums of 64 pods stay far inside 64 bits


def wrong(code: Code, **parameters: Parameter) -> ValidationError:
    return ValidationError(wording.words_of(error(code, "", **parameters)), code=code.value)


class TextField(forms.CharField):
    """One line of text, without invisible characters."""

    def __init__(self, *, maximum: int = 253, required: bool = False, **kwargs: Any) -> None:
        self.maximum = maximum
        super().__init__(required=required, error_messages={"required": REQUIRED}, **kwargs)
        self.validators = []  # ours say more

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value))
        if bad := bad_character(text, allowed=""):
            raise wrong(Code.INVALID_CHARACTER, character=bad)
        if len(text) > self.maximum:
            raise wrong(Code.TOO_LONG, maximum=self.maximum, length=len(text))
        return self.read(text) if text else self.empty()

    def empty(self) -> Any:
        return ""

    def read(self, text: str) -> Any:
        return text


class CodeField(TextField):
    """Text in which each character counts."""

    widget = forms.TextInput(attrs=_CODE)


class LabelKeyField(CodeField):
    def read(self, text: str) -> str:
        if not is_label_key(text):
            raise ValidationError(
                _("This cannot be a label: write a name such as disk, or a domain, “/” and a name."), code="label-key"
            )
        return text


class LabelValueField(CodeField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"maximum": 63, **kwargs})

    def read(self, text: str) -> str:
        if not is_label_value(text):
            raise ValidationError(
                _("Use letters, digits, “-”, “_” and “.”; begin and end with a letter or digit."), code="label-value"
            )
        return text


class ResourceField(CodeField):
    def read(self, text: str) -> str:
        if not is_extended_resource(text):
            raise ValidationError(
                _("Write the resource as the device plugin calls it, such as rdma/hca_shared_devices_a."),
                code="resource",
            )
        return text


class WholeField(CodeField):
    """A whole number between two bounds; None when it is empty."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def __init__(self, *, minimum: int = 0, most: int = 10**6, **kwargs: Any) -> None:
        self.minimum, self.most = minimum, most
        super().__init__(**kwargs)

    def empty(self) -> Any:
        return None

    def read(self, text: str) -> int:
        number = parse_whole(text)
        if number is None:
            raise wrong(Code.NOT_A_WHOLE_NUMBER)
        if number < self.minimum:
            raise wrong(Code.TOO_SMALL, minimum=self.minimum)
        if number > self.most:
            raise wrong(Code.TOO_LARGE, maximum=self.most)
        return number


_EXPONENT = re.compile(r"[eE][+-]?[0-9]")


class QuantityField(CodeField):
    """A quantity of Kubernetes as a whole number of units, at least one; None when it is empty."""

    def __init__(self, *, unit: Decimal | int, most: int, example: str, **kwargs: Any) -> None:
        self.unit, self.most, self.example = Decimal(unit), most, example
        super().__init__(**kwargs)

    def empty(self) -> Any:
        return None

    def read(self, text: str) -> int:
        # An exponent is one to Kubernetes; of a person it is more likely a slip.
        amount = parse_quantity(text) if not _EXPONENT.search(text) else None
        if amount is None or amount % self.unit or not amount:
            words = _("Write it as Kubernetes does, for example %(example)s.")
            raise ValidationError(words, code="quantity", params={"example": self.example})
        if amount / self.unit > self.most:
            raise wrong(Code.TOO_LARGE, maximum=written_units(self.most, self.unit))
        return int(amount / self.unit)


def written_units(number: int, unit: Decimal | int) -> str:
    """ "500m", "4" of millicores; "512Mi", "32Gi" of mebibytes."""
    if unit < 1:
        return f"{number}m" if number % 1000 else str(number // 1000)
    return f"{number}Mi" if number % 1024 else f"{number // 1024}Gi"


class PriceField(CodeField):
    """Units of the currency a second, as whole millionths; empty is 0."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def empty(self) -> Any:
        return 0

    def read(self, text: str) -> int:
        if not _PRICE.fullmatch(text):
            raise ValidationError(
                _("Write a number with at most six decimals, such as 0.005, with a point and no spaces."), code="price"
            )
        return int(Decimal(text) * MICROS)


class VersionField(CodeField):
    """Numbers with points between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"maximum": 32, **kwargs})

    def read(self, text: str) -> str:
        if version_of(text) is None:
            raise ValidationError(_("Write a version of numbers and points, such as 418.126."), code="version")
        return text
