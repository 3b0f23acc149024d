"""The verbs, blocking, for pages and background jobs: each made with the rights of one person."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from django.conf import settings

from console.cluster import requests
from console.cluster.answers import error_of, manifest_of
from console.cluster.errors import AlreadyExists, ClusterError, ClusterUnavailable, Gone, NotFound, Rejected
from console.cluster.identity import Headers, Identity, headers_for
from console.cluster.kubeconfig import Endpoint
from console.cluster.pools import lent
from console.cluster.requests import Call
from console.cluster.resources import OPERATION_LABEL, Manifest, Resource

_CONNECT_SECONDS = 2
_TRIES = 3  # of what changes nothing
_PAUSES_SECONDS = (0.1, 0.4)  # before the second and the third try, times 0.5…1.5
_WAIT_MAX_SECONDS = 1.0  # a server that asks for a longer pause is believed: the person hears of it now
_RESTARTS_MAX = 3  # of a list whose version went away between two pages
_LOG_BYTES_MAX = 16 * 1024 * 1024  # the kubelet keeps 10 MiB readable, and looks at it every 10 s
Manifests = list[Manifest]  # inside the class below, `list` is the verb
Propagation = Literal["Background", "Foreground", "Orphan"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An access review's answer. A hint for what is shown; the real call is decided again."""

    allowed: bool
    reason: str = ""


def connect(*, acting_as: Identity) -> "Cluster":
    """The cluster with the rights of `acting_as`, who has no default. Raises UnusableIdentity; sends nothing yet."""
    return Cluster(settings.CLUSTER_PROXY_KUBECONFIG, headers_for(acting_as))


def connect_as_credential(kubeconfig: str) -> "Cluster":
    """The cluster with a credential's own rights, impersonating nobody: for `check_cluster`, which judges it."""
    return Cluster(kubeconfig, [])


class Cluster:
    """Every method raises a ClusterError; what changes nothing is tried up to three times."""

    def __init__(self, kubeconfig: str, identity: Headers) -> None:
        self._kubeconfig = kubeconfig
        self._identity = identity

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        return self._manifest(requests.get(resource, namespace, name))

    def list(
        self, resource: Resource, namespace: str, *, label_selector: str = "", field_selector: str = ""
    ) -> Manifests:
        """All objects of a namespace, without `kind` and `apiVersion` where the API server leaves them out."""
        for _ in range(_RESTARTS_MAX):
            try:
                return self._all_pages(resource, namespace, label_selector, field_selector)
            except Gone:  # its token gives an inconsistent rest: start again
                continue
        raise ClusterUnavailable(f"The list of {resource.key} changes faster than it can be read.")

    def create(self, resource: Resource, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Create the object in its own metadata.namespace; unknown fields are refused. Raises AlreadyExists."""
        return self._manifest(requests.create(resource, manifest, dry_run=dry_run))

    def create_once(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Create the object, or return it if an earlier try of the same operation did.

        Raises AlreadyExists when the name belongs to somebody else's object.
        """
        metadata = manifest["metadata"]
        operation = metadata["labels"][OPERATION_LABEL]
        try:
            return self.create(resource, manifest)
        except AlreadyExists as exc:
            try:
                existing = self.get(resource, metadata.get("namespace", ""), metadata["name"])
            except NotFound:
                raise exc from None  # it went away meanwhile; whose it was is not known
            if existing["metadata"].get("labels", {}).get(OPERATION_LABEL) != operation:
                raise
            return existing

    def patch(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any], *, dry_run: bool = False
    ) -> Manifest:
        """A JSON merge patch: None removes a field, a list replaces the whole list."""
        return self._manifest(requests.patch(resource, namespace, name, patch, dry_run=dry_run))

    def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", propagation: Propagation = "Background"
    ) -> None:
        """Delete the object. With a uid: only that very object; raises NotFound when another has its name now."""
        try:
            self._send(requests.delete(resource, namespace, name, uid=uid, propagation=propagation))
        except Rejected as exc:
            if uid and exc.status == 409 and "recondition" in str(exc):  # two wordings, of two layers of the server
                raise NotFound(str(exc), reason=exc.reason, status=404) from exc
            raise

    def read_log(
        self,
        namespace: str,
        pod: str,
        *,
        container: str,
        tail_lines: int | None = 1000,
        previous: bool = False,
        timestamps: bool = False,
        limit_bytes: int = _LOG_BYTES_MAX,
    ) -> bytes:
        """The end of a container's log, as written: any bytes. Empty too when its node has rotated it away.

        Raises Rejected while the container waits to start, or when `previous` has no run before.
        """
        call = requests.log(
            namespace,
            pod,
            container=container,
            tail_lines=tail_lines,
            previous=previous,
            timestamps=timestamps,
            limit_bytes=limit_bytes,
        )
        return self._send(call)

    def may(self, verb: str, resource: Resource, namespace: str, *, name: str = "", subresource: str = "") -> Decision:
        """Whether the person may; a namespace that does not exist is just "no"."""
        call = requests.access_review(verb, resource, namespace, name=name, subresource=subresource)
        status = self._manifest(call).get("status") or {}
        return Decision(status.get("allowed") is True, str(status.get("reason") or ""))

    def rules(self, namespace: str) -> Manifests:
        """What the person may do in a namespace, as RBAC rules (SelfSubjectRulesReview)."""
        found: Manifests = (self._manifest(requests.rules_review(namespace)).get("status") or {})["resourceRules"]
        return found

    def served_kinds(self) -> frozenset[str]:
        """The training kinds that this cluster knows: {"TFJob", ...}; none where no operator is installed."""
        try:
            served = self._manifest(requests.discovery("kubeflow.org", "v1"))
        except NotFound:
            return frozenset()
        return frozenset(entry["kind"] for entry in served["resources"] if "/" not in entry["name"])

    def whoami(self) -> Identity:
        """The person as the cluster sees them, with the groups it adds itself (`system:authenticated`)."""
        info = self._manifest(requests.who_am_i())["status"]["userInfo"]
        return Identity(info.get("username", ""), tuple(info.get("groups", ())))

    def _all_pages(self, resource: Resource, namespace: str, labels: str, fields: str) -> Manifests:
        requests.path_of(resource, namespace)  # a namespaced kind is never listed everywhere for a person
        found: Manifests = []
        token = ""
        while True:
            page = self._manifest(
                requests.list_page(resource, namespace, label_selector=labels, field_selector=fields, token=token)
            )
            found += page.get("items") or []
            token = (page.get("metadata") or {}).get("continue", "")
            if not token:
                return found

    def _manifest(self, call: Call) -> Manifest:
        return manifest_of(self._send(call), words=call.words)

    def _send(self, call: Call) -> bytes:
        """The answer's body. Asks again, after a short pause, only where it makes no difference."""
        for pause in _PAUSES_SECONDS if call.again_is_harmless else ():
            try:
                return self._send_once(call)
            except ClusterUnavailable as exc:
                if isinstance(exc.__cause__, httpx.TimeoutException) or exc.retry_after_seconds > _WAIT_MAX_SECONDS:
                    raise  # it has waited long enough already, or would have to
                time.sleep(max(pause * random.uniform(0.5, 1.5), exc.retry_after_seconds))  # noqa: S311
        return self._send_once(call)

    def _send_once(self, call: Call) -> bytes:
        try:
            with lent(self._kubeconfig) as (endpoint, transport):
                response = transport.handle_request(self._request(call, endpoint))
                try:
                    body = response.read()
                finally:
                    response.close()
        except httpx.TimeoutException as exc:
            raise ClusterUnavailable(f"{call.words}: no answer in time") from exc
        except (httpx.TransportError, httpx.DecodingError) as exc:
            raise ClusterUnavailable(f"{call.words}: {exc or type(exc).__name__}") from exc
        if response.is_success:
            return body
        raise _error(call, response, body)

    def _request(self, call: Call, endpoint: Endpoint) -> httpx.Request:
        extensions: dict[str, Any] = {"timeout": httpx.Timeout(call.answer_seconds, connect=_CONNECT_SECONDS).as_dict()}
        if endpoint.tls_server_name:
            extensions["sni_hostname"] = endpoint.tls_server_name
        return httpx.Request(
            call.method,
            f"{endpoint.server}{call.target}",
            headers=httpx.Headers(call.headers(token=endpoint.token(), identity=self._identity), encoding="utf-8"),
            content=call.body,
            extensions=extensions,
        )


def _error(call: Call, response: httpx.Response, body: bytes) -> ClusterError:
    retry_after = response.headers.get("Retry-After", "")
    return error_of(response.status_code, body, words=call.words, retry_after=retry_after)
