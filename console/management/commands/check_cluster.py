"""Say what the console's two credentials can do in the cluster, and fail when one can do too much or too little."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from console.cluster import ClusterError, Identity, connect
from console.cluster.audit import Findings, audit_proxy, audit_watch
from console.cluster.client import Cluster, connect_as_credential
from console.people.models import Person

# The rules that hold in a namespace of the cluster's own are those a credential has everywhere.
_ELSEWHERE = ("default", "kube-system")


class Command(BaseCommand):
    help = "Print what console-proxy and console-watch can do, and whom they may act as; exit 1 when that is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", action="append", default=[], help="ask about this person, not about all accounts")
        parser.add_argument("--group", action="append", default=[], help="a group of that person")
        parser.add_argument("--namespace", action="append", default=[], help="also look at the rights in this one")

    def handle(self, *args: Any, **options: Any) -> None:
        namespaces = [*_ELSEWHERE, *options["namespace"]]
        groups = tuple(options["group"])
        people = [Identity(user, groups) for user in options["user"]] or _known_people()
        proxy = connect_as_credential(settings.CLUSTER_PROXY_KUBECONFIG)
        watch = connect_as_credential(settings.CLUSTER_WATCH_KUBECONFIG)
        try:
            found = [audit_proxy(proxy, namespaces, people), audit_watch(watch, namespaces)]
            self._print_kinds(watch)
        except ClusterError as exc:
            raise CommandError(f"The cluster cannot be asked: {exc}") from exc
        for findings in found:
            self._print(findings)
        self._print_people(people)
        if wrong := sum(len(findings.wrong) for findings in found):
            raise CommandError(f"{wrong} thing(s) to put right: see above.")

    def _print_kinds(self, watch: Cluster) -> None:
        self.stdout.write(f"Training kinds served: {', '.join(sorted(watch.served_kinds())) or 'none'}")

    def _print(self, findings: Findings) -> None:
        identity = findings.identity
        self.stdout.write(f"\n{findings.credential}: the cluster knows it as {identity.user}")
        self.stdout.write(f"  groups: {', '.join(identity.groups)}")
        for right in findings.rights:
            self.stdout.write(f"  may {right}")
        for wrong in findings.wrong:
            self.stdout.write(self.style.ERROR(f"  WRONG: {wrong}"))
        if not findings.wrong:
            self.stdout.write(self.style.SUCCESS("  as it should be"))

    def _print_people(self, people: list[Identity]) -> None:
        self.stdout.write(f"\n{len(people)} people, as the cluster sees them through console-proxy:")
        for person in people:
            try:
                seen = connect(acting_as=person).whoami()
            except ClusterError as exc:
                self.stdout.write(f"  {person.user}: {exc}")
            else:
                self.stdout.write(f"  {seen.user}: {', '.join(seen.groups)}")


def _known_people() -> list[Identity]:
    """Everybody who has an account; nobody before the first migration."""
    try:
        return [Identity(person.cluster_user, tuple(person.cluster_groups)) for person in Person.objects.all()]
    except DatabaseError:
        return []
