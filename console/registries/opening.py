"""From a row to a client that may ask: what it may reach, and whose credentials it has."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import User

from console.registries.addresses import Reach
from console.registries.client import RegistryClient
from console.registries.endpoint import Credentials, Endpoint
from console.registries.models import Registry
from console.registries.pull_secrets import read_pull_secret
from console.registries.troubles import Code, RegistryTrouble
from console.sealing import Unreadable


def endpoint_of(registry: Registry) -> Endpoint:
    return Endpoint(
        origin=registry.origin,
        reach=reach_of(registry),
        ca_certificate=registry.ca_certificate,
        is_hub=registry.is_hub,
        token_host=registry.any_token_host,
        blob_hosts=registry.all_blob_hosts,
    )


def reach_of(registry: Registry) -> Reach:
    """An administrator's registry may be in a private network; a namespace's only where one of theirs is already."""
    if not registry.namespace:
        return Reach(private=True, named=settings.REGISTRY_HOSTS)
    origin = registry.origin
    known = Registry.objects.filter(namespace="", address=registry.address).exists()
    hosts = frozenset({f"{origin.host}:{origin.port}"}) if known else frozenset()
    return Reach(private_hosts=hosts, named=settings.REGISTRY_HOSTS)


def credentials_of(registry: Registry, user: User) -> Credentials | None:
    """None: it is asked without any. Raises RegistryTrouble where there are some and they cannot be had."""
    if registry.namespace and registry.pull_secret:
        secret = read_pull_secret(user, registry.namespace, registry.pull_secret)
        found = secret.credentials_for(endpoint_of(registry).reference_host, registry.prefix)
        if found is None:
            raise RegistryTrouble(Code.SECRET_OTHER, registry.pull_secret)
        return found
    if not registry.namespace and registry.username:
        if isinstance(registry.password, Unreadable):
            raise RegistryTrouble(Code.KEY_LOST)
        return Credentials(registry.username, str(registry.password or ""))
    return None


def open_registry(registry: Registry, user: User, *, total_seconds: float | None = None) -> RegistryClient:
    """A client with the registry's own credentials. Raises RegistryTrouble."""
    return RegistryClient(endpoint_of(registry), credentials_of(registry, user), total_seconds=total_seconds)


def repositories_of(registry: Registry, client: RegistryClient) -> tuple[list[str], bool]:
    """What it offers: those that were named, else its own list below the prefix; and whether there are more."""
    if registry.repositories:
        return list(registry.repositories), False
    if registry.is_hub:
        raise RegistryTrouble(Code.NO_CATALOGUE)  # Docker Hub has none
    names, more = client.repositories()
    return sorted(below(registry.prefix, names)), more


def below(prefix: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if not prefix or name == prefix or name.startswith(f"{prefix}/")]


def offers(registry: Registry, repository: str) -> bool:
    """Whether the repository is one that this row is about."""
    if registry.repositories:
        return repository in registry.repositories
    return bool(below(registry.prefix, [repository]))
