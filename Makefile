.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# IPython would take packages from another environment that is active here.
unexport VIRTUAL_ENV

.PHONY: help setup setup-dev prepare run run-keycloak demo lint test test-newest test-oldest \
	test-browser bench lock cluster-check cluster-up cluster-down cluster-shell images test-cluster

help: ## Show what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A Java on the machine is used where it is new enough; otherwise PyPI's goes into .venv.
EXTRAS = $(shell sh tools/java-extra)

# What is installed is what requirements.lock has, hash by hash. pip installs uv, uv the rest.
PINS ?= --constraints requirements.lock
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python \
	--build-constraints requirements.lock $(PINS)
UV_ENTRY = sed -n '/^uv==/,/^    \# via/p' requirements.lock

$(BIN)/uv: requirements.lock
	@echo "==> making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(UV_ENTRY) | $(BIN)/python -m pip install --quiet --require-hashes --requirement /dev/stdin
	@touch $@

$(VENV)/.setup: $(BIN)/uv pyproject.toml
	@echo "==> installing AstroFlow Hub (a minute the first time)"
	@$(INSTALL) -e '.[demo$(EXTRAS)]'
	@touch $@

$(VENV)/.setup-dev: $(VENV)/.setup
	@echo "==> installing what the tests need"
	@$(INSTALL) -e . --group dev
	@touch $@

setup: $(VENV)/.setup
setup-dev: $(VENV)/.setup-dev

# The sample goes where the hub looks by default; a data folder of one's own is left alone.
prepare: setup
	@test -n "$$ASTROFLOW_DATA_DIR" || $(BIN)/astroflow data sample
	@ASTROFLOW_CACHE_DIR=$${ASTROFLOW_CACHE_DIR:-.astroflow/cache} $(BIN)/python -m astroflow_spark_gaia.warm_up || true

run: prepare ## Start the hub on http://127.0.0.1:8000
	@exec $(BIN)/python -m astroflow_hub.run --with-parent

run-keycloak: setup ## Run Keycloak for `make run`, with the realm of deploy/keycloak
	@exec $(BIN)/python -m tools.keycloak

demo: prepare ## Show the hub at work without a browser; maps go to demo-output/
	@exec $(BIN)/python -m tools.demo

lint: setup-dev ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup-dev ## Measure beside plain Spark, DuckDB, Polars; BENCH="--rows 2000000" for less
	@exec $(BIN)/python -m benchmarks $(BENCH)

test: setup-dev lint ## Run lint and every test that one machine can run
	$(BIN)/pytest -n 2 --dist loadfile

test-newest: ## Run the tests with the newest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory test-unlocked VENV=.venv-newest PINS=--upgrade

test-oldest: ## Run the tests with the oldest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory test-unlocked VENV=.venv-oldest PINS="--resolution lowest-direct"

.PHONY: forget test-unlocked
forget: # What was newest yesterday is installed again.
	@rm -f $(VENV)/.setup*

test-unlocked: forget setup-dev
	$(BIN)/pytest -n 2 --dist loadfile --deselect tests/unit/test_lock.py $(ARGS)

lock: $(BIN)/uv ## Renew every lock and show what changed (ARGS=--keep: no version that serves)
	@$(BIN)/python -m tools.relock $(ARGS)

$(VENV)/.setup-browser: $(VENV)/.setup-dev
	@$(INSTALL) --group browser
	@touch $@

test-browser: $(VENV)/.setup-browser ## Log in by a real Keycloak, with a real browser (docs/testing.md)
	$(BIN)/pytest tests/browser

# What a cluster needs beside the tests' packages. The machine is checked first, by any Python.
SANDBOX := PYTHONPATH=tests/cluster:. $(BIN)/python -m sandbox

cluster-check:
	@PYTHONPATH=tests/cluster:. $(PYTHON) -m sandbox check

cluster-up: cluster-check setup-dev ## Start a two-node Kubernetes (root; docs/testing.md)
	@$(SANDBOX) up

cluster-down: ## Remove the cluster and every trace of it
	@PYTHONPATH=tests/cluster:. $(PYTHON) -m sandbox down

cluster-shell: ## Open a shell in the cluster with kubectl on it
	@PYTHONPATH=tests/cluster:. $(PYTHON) -m sandbox shell

images: setup-dev ## Build, check and publish images/ (IMAGE=name for one)
	@$(SANDBOX) images $(IMAGE)

test-cluster: cluster-check setup-dev ## Up, images, tests, down (KEEP=1, ARGS="-k policy")
	@$(SANDBOX) test $(ARGS)
