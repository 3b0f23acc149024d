"""The table of GPU drivers, for administrators of the console: one form, a row a driver."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.people.administration import console_admin_required
from console.web.requests import HtmxRequest
from tasks.actions import catalogue as actions
from tasks.queries.flavors import driver_rows
from tasks.specification import Code
from tasks.specification.cuda_rules import Driver
from tasks.views.settings.fields import VersionField, wrong
from tasks.views.settings.problems import problems_of
from tasks.views.settings.rows import Rows

logger = logging.getLogger(__name__)
DRIVERS_MAX = 100


class DriverRow(forms.Form):
    use_required_attribute = False
    version = VersionField(label=gettext_lazy("Driver version"))
    cuda = VersionField(label=gettext_lazy("Newest CUDA version"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("version", "cuda"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, wrong(Code.REQUIRED))
        return data

    def driver(self) -> Driver:
        return Driver(self.cleaned_data["version"], self.cleaned_data["cuda"])


@console_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def driver_table(request: HtmxRequest) -> HttpResponse:
    """The table; POST writes it anew. `seen` is how the page got it: nobody's change is overwritten unseen."""
    current = sorted((Driver(row.version, row.cuda) for row in driver_rows()), key=lambda driver: driver.number)
    posted = request.POST if request.method == "POST" and "add" not in request.POST else None
    rows = _rows(posted, current)
    seen = request.POST.get("seen") or _text_of(current)
    status, stale = 200, False
    if posted is not None:
        if rows.is_valid():
            try:
                actions.save_drivers([row.driver() for row in rows.filled], seen=_drivers_in(seen))
            except actions.StaleDrivers:
                stale = True
            else:
                logger.info("drivers: saved by account %s", request.user.pk)
                return redirect(f"{reverse('driver-settings')}?done=1")
        status = 409 if stale else 422
    elif request.method == "POST":
        rows = rows.typed(request.POST, spare=1)
    context = {
        "section": "drivers",
        "rows": rows,
        "seen": seen,
        "problems": problems_of(None, (_("Drivers"), rows)) if posted else [],
        "is_stale": stale,
        "done": request.method != "POST" and request.GET.get("done") == "1",
    }
    return render(request, "settings/drivers.html", context, status=status)


def _rows(posted: Mapping[str, Any] | None, drivers: Iterable[Driver]) -> Rows[DriverRow]:
    initial = [{"version": driver.version, "cuda": driver.cuda} for driver in drivers]
    return Rows(DriverRow, "driver", posted, initial, most=DRIVERS_MAX, unique=lambda row: row["version"])


def _text_of(drivers: Iterable[Driver]) -> str:
    return json.dumps([[driver.version, driver.cuda] for driver in drivers])


def _drivers_in(text: str) -> list[Driver]:
    """What a page had; what is none matches no table, and the page is then shown anew."""
    try:
        return [Driver(str(version), str(cuda)) for version, cuda in json.loads(text)]
    except (ValueError, TypeError, RecursionError):
        return [Driver("", "")]
