import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.specification import Facts, Finding, Mode
from tasks.specification.env_rules import ENTRIES_MAX
from tasks.specification.text import normal_lines
from tasks.wizard.copying import copy_settings
from tasks.wizard.forms import focus_first
from tasks.wizard.role_forms import ProbeForm, RoleForm
from tasks.wizard.role_rows import ROWS
from tasks.wizard.role_tab import PROBES, state_of, tab_of

_ROW = re.compile(r"([0-9]{1,4})-name")
_BLANK = {"env": {"name": "", "source": "value", "value": ""}, "mounts": {"name": "", "source": "config_map"}}
_CONTENT = {"env": ("name", "value", "reference", "key"), "mounts": ("name", "mount_path", "keys")}


def read_post(draft: Draft, posted: Mapping[str, str]) -> dict[str, Any]:
    """The roles that the page showed; those of other modes stay as they were, and so does what has no field."""
    roles = dict(draft.entries.get("roles", {}))
    for shape in mode_of(draft).roles:
        name = shape.name
        if f"{name}-replicas" in posted:
            roles[name] = {
                **RoleForm.entries_in(posted, prefix=name),
                **{probe: ProbeForm.entries_in(posted, prefix=f"{name}-{probe}") for probe in PROBES},
                **{group: _rows_in(posted, name, group) for group in ROWS},
                "kept": roles.get(name, {}).get("kept", {}),
            }
    return roles


def press(draft: Draft, roles: dict[str, Any], posted: QueryDict) -> bool:
    """Do what a button inside the page asks for, where no script did it already; False when none was pressed."""
    for group in ROWS:
        if role := posted.get(f"add-{group}"):
            _add_row(roles.get(role), group)
            return True
        if f"remove-{group}" in posted:  # `read_post` left it out
            return True
    if role := posted.get("own-image"):  # to begin with, the task's: its field is shown, and can be changed
        roles.get(role, {}).update(image=draft.entries.get("basics", {}).get("image", ""))
        return True
    if role := posted.get("drop-image"):
        roles.get(role, {}).update(image="")
        return True
    if role := posted.get("drop-kept"):
        roles.get(role, {}).update(kept={})
        return True
    if role := posted.get("copy-to"):
        _copy(draft, roles, role, posted)
        return True
    return False


def context(
    draft: Draft, facts: Facts, findings: Iterable[Finding], *, all_findings: Iterable[Finding]
) -> dict[str, Any]:
    """`findings` are said beside their fields; `all_findings` decide whether a role is complete."""
    blocking = [finding.path for finding in all_findings if finding.blocking]
    tabs = [tab_of(draft, shape, facts, blocking) for shape in mode_of(draft).roles]
    by_name = {tab.shape.name: tab for tab in tabs}
    for finding in findings:
        _, _, rest = finding.path.partition(".")
        name, _, field = rest.partition(".")
        if name in by_name:
            by_name[name].place(field, finding)
    focus_first(form for tab in tabs for form in tab.forms)
    shown = next((tab for tab in tabs if tab.has_errors), tabs[0])
    return {"tabs": tabs, "shown": shown.shape.name, "rows_max": ENTRIES_MAX}


def states_of(draft: Draft, findings: Iterable[Finding]) -> dict[str, str]:
    """By role, for its tab: as `RoleTab.state`."""
    blocking = [finding.path for finding in findings if finding.blocking]
    return {shape.name: state_of(draft, shape, blocking) for shape in mode_of(draft).roles}


def mode_of(draft: Draft) -> Mode:
    framework = FRAMEWORKS[draft.framework]
    return framework.mode(draft.mode) or framework.modes[0]


def _add_row(role: dict[str, Any] | None, group: str) -> None:
    if role is not None and len(role.setdefault(group, [])) < ENTRIES_MAX:
        role[group].append(dict(_BLANK[group]))


def _copy(draft: Draft, roles: dict[str, Any], target: str, posted: QueryDict) -> None:
    mode = mode_of(draft)
    shape, source = mode.role(target), posted.get(f"{target}-copy-from", "")
    if shape is None or mode.role(source) is None or source == target:
        return
    flavor = catalogue().get(str(roles.get(source, {}).get("flavor", "")))
    copy_settings(roles, source=source, target=shape, parts=posted.getlist(f"{target}-copy-parts"), flavor=flavor)


def _rows_in(posted: Mapping[str, str], role: str, group: str) -> list[dict[str, str]]:
    """The rows in the page's order, without those that are quite empty, and without the one that is to be removed."""
    prefix, removed = f"{role}-{group}-", posted.get(f"remove-{group}", "")
    start = len(prefix)
    indexes = [int(match[1]) for key in posted if key.startswith(prefix) and (match := _ROW.fullmatch(key, start))]
    rows = [
        {name: normal_lines(typed) for name, typed in ROWS[group].entries_in(posted, prefix=f"{prefix}{index}").items()}
        for index in sorted(indexes)
        if f"{role}:{index}" != removed
    ]
    return [row for row in rows if any(row[name] for name in _CONTENT[group])]
