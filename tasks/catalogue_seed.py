import uuid
from typing import Any

from django.db import router, transaction

from tasks.frameworks.tolerations import written_toleration
from tasks.specification.default_flavors import DEFAULT_DRIVERS, DEFAULT_FLAVORS


def seed_catalogue(apps: Any, *, using: str) -> None:
    """Write the catalogue of a new installation, once: what an administrator deleted later does not come back.

    `apps` may be the registry of an older state, or of one that has no catalogue yet.
    """
    try:
        edition = apps.get_model("tasks", "CatalogueEdition")
    except LookupError:
        return
    if not router.allow_migrate_model(using, edition):
        return
    with transaction.atomic(using=using):
        if not edition.objects.using(using).get_or_create(pk=1, defaults={"token": uuid.uuid4()})[1]:
            return
        apps.get_model("tasks", "CatalogueFlavor").objects.using(using).bulk_create(_flavor_rows(apps))
        driver = apps.get_model("tasks", "CatalogueDriver")
        driver.objects.using(using).bulk_create(driver(version=row.version, cuda=row.cuda) for row in DEFAULT_DRIVERS)


def _flavor_rows(apps: Any) -> list[Any]:
    row = apps.get_model("tasks", "CatalogueFlavor")
    return [
        row(
            key=flavor.key,
            title=flavor.title,
            gpus=flavor.gpus,
            rdma_devices=flavor.rdma_devices,
            rdma_resource=flavor.rdma_resource,
            cpu_millicores=flavor.cpu_millicores,
            memory_mib=flavor.memory_mib,
            node_selector=dict(flavor.node_selector),
            tolerations=[written_toleration(toleration) for toleration in flavor.tolerations],
            price_micros_per_second=flavor.price_micros_per_second,
            position=position,
        )
        for position, flavor in enumerate(DEFAULT_FLAVORS.values())
    ]
