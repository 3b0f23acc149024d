# `make` alone lists what there is. Nothing outside this folder is touched, system packages for the tests excepted.
PORT ?= 8000
GPUS ?= 0
PYTHON ?= $(firstword $(foreach python,python3.11 python3.12 python3.13 python3,$(shell command -v $(python))))
VENV := .venv
BIN := $(VENV)/bin
STATIC := $(shell find static locale -type f -not -path 'static/vendor/*' -not -name '*.mo' 2>/dev/null)
# A kubeconfig of yours is never read: local by default, `CLUSTER=DIR` by wish.
test-cluster: export TRAINYARD_CONTRACT_KUBECONFIG ?= $(KUBECONFIG)
bench: export TRAINYARD_BENCH_KUBECONFIG ?= $(KUBECONFIG)
unexport KUBECONFIG
ifdef CLUSTER
export TRAINYARD_PROXY_KUBECONFIG := $(abspath $(CLUSTER))/console-proxy.yaml
export TRAINYARD_WATCH_KUBECONFIG := $(abspath $(CLUSTER))/console-watch.yaml
else
unexport TRAINYARD_PROXY_KUBECONFIG
unexport TRAINYARD_WATCH_KUBECONFIG
endif

.PHONY: help run test test-cluster check lint format bench screenshots setup clean-state clean

help:
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

##@ The two commands
run: $(VENV)/.setup ## Run the console on loopback (PORT=8000, GPUS=0, CLUSTER=DIR with the kubeconfigs of a real cluster)
	@PORT=$(PORT) TRAINYARD_FOLLOW_PARENT=1 exec $(BIN)/python manage.py run --gpus $(GPUS) $(if $(CLUSTER),--real-cluster)

test: $(VENV)/.setup-dev ## Run every test that needs no cluster: units, local cluster, contract, browser
	@tests/install-system-packages.sh
	@tests/run.sh $(T)

##@ More
test-cluster: $(VENV)/.setup-dev ## Run the contract and main-job tests against the cluster that KUBECONFIG names
	@tests/install-system-packages.sh
	@tests/run-on-cluster.sh $(T)

check: lint test ## Everything that CI runs

lint: $(VENV)/.setup-dev ## Format, style, types, imports, templates, migrations, settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

format: $(VENV)/.dev ## Format the Python code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.setup-dev ## Measure what docs/benchmarks.md promises (KUBECONFIG: a real cluster to compare with)
	$(BIN)/python -m bench

screenshots: $(VENV)/.setup-dev ## Draw the pictures of README.md anew, into docs/images
	@tests/install-system-packages.sh
	$(BIN)/python -m bench.screenshots

setup: $(VENV)/.setup ## Install what `make run` needs, and no more

clean-state: ## Forget tasks, people and logs of the local mode
	rm -rf .trainyard

clean: ## Remove what was installed and built; the state stays
	rm -rf $(VENV) node_modules static/vendor .static-root locale/zh_Hans/LC_MESSAGES

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Trainyard needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt into $(VENV) …"
	@$(BIN)/pip install -qq --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing requirements-dev.txt into $(VENV) …"
	@$(BIN)/pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.base

$(VENV)/.setup: $(VENV)/.base package-lock.json $(STATIC)
	@echo "Building the front end …"
	@$(BIN)/python manage.py setup
	@touch $@

$(VENV)/.setup-dev: $(VENV)/.dev $(VENV)/.setup
	@touch $@
