"""One sentence for each framework, mode and role: what it is for."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, Promise]

FRAMEWORKS: Words = {
    "tensorflow": _("Trains with tf.distribute; every pod learns its part from TF_CONFIG."),
    "mxnet": _("Trains with MXNet's parameter server; every pod learns its part from DMLC_ROLE."),
    "pytorch": _("Trains with torch.distributed; every pod learns its part from MASTER_ADDR, RANK and WORLD_SIZE."),
    "mpi": _("Trains with mpirun, for example Horovod; the launcher starts a process for each slot of the workers."),
}
MODE_TITLES: Words = {
    "tensorflow.single": _("Single node"),
    "tensorflow.ps-worker": _("Distributed, with parameter servers"),
    "tensorflow.ps-chief-worker": _("Distributed, with parameter servers and a chief"),
    "mxnet.distributed": _("Distributed, with parameter servers"),
    "pytorch.distributed": _("Distributed, data parallel"),
    "mpi.allreduce": _("Distributed, all-reduce"),
}
MODES: Words = {
    "tensorflow.single": _("One Worker trains alone. An Evaluator can be added."),
    "tensorflow.ps-worker": _("Workers compute, parameter servers hold the model. An Evaluator can be added."),
    "tensorflow.ps-chief-worker": _(
        "As with parameter servers and Workers, and a Chief that saves and decides when the task is done. "
        "An Evaluator can be added."
    ),
    "mxnet.distributed": _("Workers compute, Servers hold the model, a Scheduler brings them together."),
    "pytorch.distributed": _("A Master and Workers hold a copy of the model each and average their gradients."),
    "mpi.allreduce": _("A Launcher starts the training on all Workers, which average their gradients in a ring."),
}
ROLES: Words = {
    "tensorflow.PS": _("Holds a part of the parameters and applies the gradients that Workers send. Needs no GPU."),
    "tensorflow.Chief": _("Trains like a Worker, and also saves checkpoints; the task succeeds when it does."),
    "tensorflow.Worker": _("Reads its share of the data, and computes losses and gradients."),
    "tensorflow.Evaluator": _("Stands apart from the training: judges each new checkpoint, and exports the model."),
    "mxnet.Scheduler": _("Brings all nodes together and watches over them; the task succeeds when it does."),
    "mxnet.Server": _("Holds a part of the parameters and applies the gradients that Workers send. Needs no GPU."),
    "mxnet.Worker": _("Reads its share of the data, and computes losses and gradients."),
    "pytorch.Master": _("Rank 0: brings the processes together and usually saves; the task succeeds when it does."),
    "pytorch.Worker": _("Ranks 1 and up: trains on its share of the data, in step with all others."),
    "mpi.Launcher": _("Runs mpirun, which starts the processes on the Workers; the task succeeds when it does."),
    "mpi.Worker": _("Waits for the Launcher, then runs the training. Leave its command empty."),
}
RESTART_POLICIES: Words = {
    "Never": _("A container that ends is never started again."),
    "OnFailure": _("A container that ends with another exit code than 0 is started again in the same pod."),
    "Always": _("A container that ends is always started again, even after success."),
    "ExitCode": _("Codes 1 to 127 are permanent errors: no restart. Codes 128 to 255 are worth a retry: a new pod."),
}
CLEAN_UP: Words = {
    "Running": _("Delete the pods that still run"),
    "All": _("Delete all pods, and their logs"),
    "None": _("Delete none"),
}
VOLUMES: Words = {
    "data": _("Data source"),
    "output": _("Output path"),
    "log": _("Log path"),
}
