"""The catalogue of pod sizes that administrators keep, and the table of GPU drivers. `tasks.flavors` reads it."""

from django.db import models

from tasks.frameworks.tolerations import read_tolerations
from tasks.specification.flavor import RDMA_RESOURCE, Flavor, FlavorClass


class CatalogueFlavor(models.Model):
    """A flavor as an administrator wrote it. Its key stands in tasks and drafts, so it never changes."""

    key = models.CharField(max_length=63, unique=True)
    title = models.CharField(max_length=64, blank=True)
    gpus = models.IntegerField(default=0)
    rdma_devices = models.IntegerField(default=0)
    rdma_resource = models.CharField(max_length=253, default=RDMA_RESOURCE)
    cpu_millicores = models.IntegerField()
    memory_mib = models.BigIntegerField()
    node_selector = models.JSONField(default=dict, blank=True)  # label -> value, the GPU model's too
    tolerations = models.JSONField(default=list, blank=True)  # as in a pod
    price_micros_per_second = models.BigIntegerField(default=0)
    driver = models.CharField(max_length=32, blank=True)
    position = models.IntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1)  # each save names the one it saw

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.key

    @property
    def class_(self) -> FlavorClass:
        return self.flavor().class_

    def flavor(self, *, offered: bool = True) -> Flavor:
        """As the rules and builders know it."""
        return Flavor(
            key=self.key,
            title=self.title,
            gpus=self.gpus,
            rdma_devices=self.rdma_devices,
            rdma_resource=self.rdma_resource or RDMA_RESOURCE,
            cpu_millicores=self.cpu_millicores,
            memory_mib=self.memory_mib,
            node_selector=dict(self.node_selector),
            tolerations=read_tolerations(self.tolerations) or (),
            price_micros_per_second=self.price_micros_per_second,
            driver=self.driver,
            retired=self.retired_at is not None or not offered,
        )


class CatalogueDriver(models.Model):
    """A line of the driver table: the newest CUDA that a driver takes."""

    version = models.CharField(max_length=32, unique=True)  # "410.104"
    cuda = models.CharField(max_length=32)  # "10.0.130"

    def __str__(self) -> str:
        return f"{self.version}: CUDA {self.cuda}"


class CatalogueEdition(models.Model):
    """The one row that every change of the catalogue rewrites: by it the processes notice. Random, so that an edition
    that was rolled back never looks like a later one."""

    token = models.UUIDField()

    def __str__(self) -> str:
        return str(self.token)
