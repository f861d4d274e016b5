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
JAVA = $(shell sh tools/java-extra)

# What is installed is what requirements.lock has for a set, file by file, by hash: nothing is
# resolved, and nothing is built but PySpark, an archive of Java classes, by locked tools.
BUILDS := --no-build-isolation --only-binary :all: --no-binary pyspark
LOCKED = awk -v sets="$(1)" -f tools/locked.awk requirements.lock > $(VENV)/.locked &&
UV = $(BIN)/uv pip install --quiet --python $(BIN)/python
INSTALL = $(UV) --no-deps --require-hashes $(BUILDS) --requirements $(VENV)/.locked
unexport UV_NO_VERIFY_HASHES

$(BIN)/uv: requirements.lock tools/locked.awk
	@test -x $(BIN)/python || { echo "==> making $(VENV)" && $(PYTHON) -m venv $(VENV); }
	@$(call LOCKED,uv) $(BIN)/python -m pip install --quiet --no-deps --require-hashes \
		--only-binary :all: --requirement $(VENV)/.locked
	@touch $@

$(VENV)/.setup: $(BIN)/uv pyproject.toml
	@echo "==> installing AstroFlow Hub (a minute the first time)"
	@$(call LOCKED,build) $(INSTALL)
	@$(call LOCKED,run $(JAVA)) $(INSTALL)
	@$(UV) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m tools.relock --check
	@touch $@

$(VENV)/.setup-dev: $(VENV)/.setup
	@echo "==> installing what the tests need"
	@$(call LOCKED,dev) $(INSTALL)
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
	@$(MAKE) --no-print-directory test-unlocked VENV=.venv-newest RESOLVE=--upgrade

test-oldest: ## Run the tests with the oldest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory test-unlocked VENV=.venv-oldest RESOLVE="--resolution lowest-direct"

# In one step, so that every bound counts; made anew, since a version that serves is kept.
.PHONY: test-unlocked
test-unlocked:
	@rm -rf $(VENV)
	@$(MAKE) --no-print-directory $(BIN)/uv
	@echo "==> installing without the lock"
	@$(UV) $(RESOLVE) --editable '.[demo,java,kubernetes,workers]' --group dev
	$(BIN)/pytest -n 2 --dist loadfile --ignore tests/unit/test_lock.py $(ARGS)

lock: $(BIN)/uv ## Renew every lock and show what changed (ARGS=--keep: change only what must)
	@$(BIN)/python -m tools.relock $(ARGS)

$(VENV)/.setup-browser: $(VENV)/.setup-dev
	@$(call LOCKED,browser) $(INSTALL)
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
