"""Write the rights an installation needs into files that an administrator of the cluster reads and applies."""

from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console.cluster import rights
from console.cluster.resources import Manifest


class Command(BaseCommand):
    help = (
        "Write people.yaml, console-proxy.yaml and console-watch.yaml. Without --user the demonstration's people are "
        "written. Apply them with: kubectl apply -f DIRECTORY"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--directory", type=Path, default=settings.BASE_DIR / "deploy" / "rbac")
        parser.add_argument("--user", action="append", default=[], help="someone console-proxy may act as; repeat")
        parser.add_argument("--group", action="append", default=[], help="a group it may act with; repeat")
        parser.add_argument(
            "--edit", action="append", default=[], metavar="NAMESPACE=GROUP", help="who edits what; repeat"
        )
        parser.add_argument(
            "--view", action="append", default=[], metavar="NAMESPACE=GROUP", help="who views what; repeat"
        )
        parser.add_argument(
            "--view-all", action="append", default=[], metavar="GROUP", help="who views everything; repeat"
        )
        parser.add_argument(
            "--proxy", default=rights.DEMO.proxy, help="a user name, or NAMESPACE/NAME of a service account"
        )
        parser.add_argument(
            "--watch", default=rights.DEMO.watch, help="a user name, or NAMESPACE/NAME of a service account"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            grants = _grants(options)
        except ValueError as exc:
            raise CommandError(str(exc)) from exc
        directory: Path = options["directory"]
        directory.mkdir(parents=True, exist_ok=True)
        for name, manifests, about in (
            ("people", rights.people(grants), rights.people.__doc__),
            ("console-proxy", rights.proxy(grants), rights.proxy.__doc__),
            ("console-watch", rights.watch(grants), rights.watch.__doc__),
        ):
            path = directory / f"{name}.yaml"
            path.write_text(_document(manifests, about or ""))
            self.stdout.write(f"{path}: {len(manifests)} objects")


def _grants(options: Mapping[str, Any]) -> rights.Grants:
    if not options["user"]:
        if any(options[name] for name in ("group", "edit", "view", "view_all")):
            raise CommandError("Name the people with --user: console-proxy must not be able to act as anybody.")
        return rights.DEMO
    editors, viewers = _by_namespace(options["edit"]), _by_namespace(options["view"])
    bound = {group for groups in (*editors.values(), *viewers.values()) for group in groups}
    groups = sorted({*options["group"], *options["view_all"], *bound})
    return rights.Grants(
        users=options["user"],
        groups=groups,
        editors=editors,
        viewers=viewers,
        auditors=options["view_all"],
        proxy=options["proxy"],
        watch=options["watch"],
    )


def _by_namespace(pairs: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs:
        namespace, equals, group = pair.partition("=")
        if not (namespace and equals and group):
            raise CommandError(f"Write NAMESPACE=GROUP, not {pair!r}.")
        found.setdefault(namespace, []).append(group)
    return found


def _document(manifests: list[Manifest], about: str) -> str:
    """YAML with a comment that says what the file is for, so that it can be read before it is applied."""
    lines = (line.strip() for line in f"Written by `manage.py render_rbac`.\n{about.strip()}".splitlines())
    comment = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return comment + yaml.safe_dump_all(manifests, sort_keys=False, explicit_start=True, width=120)
