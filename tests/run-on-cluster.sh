#!/bin/sh
# `make test-cluster`: the contract and the main job on the cluster that KUBECONFIG (the administrator's) names.
set -eu
: "${TRAINYARD_CONTRACT_KUBECONFIG:?Say which cluster: KUBECONFIG=/path/to/admin.yaml make test-cluster}"
export TRAINYARD_CONTRACT_KUBECONFIG
exec .venv/bin/pytest ${1:-tests/verification tests/browser/test_main_job.py tests/browser/test_every_field.py tests/browser/test_same_task.py}
