.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# IPython would take packages from another environment that is active here.
unexport VIRTUAL_ENV

.PHONY: help setup setup-dev prepare run run-keycloak demo lint test test-browser bench \
	cluster-check cluster-up cluster-down cluster-shell images test-cluster

help: ## Show what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A Java on the machine is used where it is new enough; otherwise PyPI's goes into .venv.
EXTRAS = $(shell sh tools/java-extra)

.venv/.setup: pyproject.toml
	@echo "==> making .venv and installing AstroFlow Hub (a few minutes the first time)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet -e '.[demo$(EXTRAS)]'
	@touch $@

.venv/.setup-dev: .venv/.setup
	@echo "==> installing what the tests need"
	@$(BIN)/python -m pip install --quiet -e . --group dev
	@touch $@

setup: .venv/.setup
setup-dev: .venv/.setup-dev

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

.venv/.setup-browser: .venv/.setup-dev
	@$(BIN)/python -m pip install --quiet --group browser
	@touch $@

test-browser: .venv/.setup-browser ## Log in by a real Keycloak, with a real browser (docs/testing.md)
	$(BIN)/pytest tests/browser

# What a cluster needs beside the tests' packages. The machine is checked first, by any Python.
SANDBOX := PYTHONPATH=tests/cluster:. $(BIN)/python -m sandbox

.venv/.setup-cluster: .venv/.setup-dev
	@$(BIN)/python -m pip install --quiet --group cluster
	@touch $@

cluster-check:
	@PYTHONPATH=tests/cluster:. $(PYTHON) -m sandbox check

cluster-up: cluster-check .venv/.setup-cluster ## Start a two-node Kubernetes (root; docs/testing.md)
	@$(SANDBOX) up

cluster-down: ## Remove the cluster and every trace of it
	@PYTHONPATH=tests/cluster:. $(PYTHON) -m sandbox down

cluster-shell: ## Open a shell in the cluster with kubectl on it
	@PYTHONPATH=tests/cluster:. $(PYTHON) -m sandbox shell

images: .venv/.setup-cluster ## Build, check and publish images/ (IMAGE=name for one)
	@$(SANDBOX) images $(IMAGE)

test-cluster: cluster-check .venv/.setup-cluster ## Up, images, tests, down (KEEP=1, ARGS="-k policy")
	@$(SANDBOX) test $(ARGS)
