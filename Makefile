# Every target sets itself up, may be repeated, and says what it does. Needs: Python 3.11+, make, git.
SHELL := /bin/sh
PYTHON ?= python3
TOOLS := .venv-tools
VENV := .venv
BIN := $(VENV)/bin
# The interpreter must be there already: no toolchain is downloaded behind the user's back.
export UV_PYTHON_DOWNLOADS = never
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)

.PHONY: help setup pulumi browser redis clients demo test soak lint format docs dashboards bench wheel clean

help: ## Show the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(TOOLS)/bin/uv:
	@echo "setup: uv is not on PATH, installing it into $(TOOLS) (a few seconds)" >&2
	@$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/pip install --quiet --disable-pip-version-check 'uv>=0.8,<1'

$(VENV)/.synced: pyproject.toml uv.lock | $(filter $(TOOLS)/bin/uv,$(UV))
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "setup: Python 3.11 or newer is needed")'
	@echo "setup: installing the locked dependencies into $(VENV) (30 s with a warm cache, 2 min without)" >&2
	@# compiled once here (20 s): where Python may write no bytecode, each command would compile the SDKs again (2 s)
	@$(UV) sync --quiet --locked --all-extras --compile-bytecode --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

setup: $(VENV)/.synced ## Make .venv with theia-sf and everything that its targets need
	@$(BIN)/python -m compileall -q theia_sf infra  # for the same reason

pulumi: setup ## Make sure that a Pulumi CLI is there (PATH, download, or build from its Go modules)
	@PATH="$$PATH:$(CURDIR)/$(TOOLS)/bin" $(BIN)/python tools/pulumi/install.py

browser: setup ## Make sure that a Chromium is there, which the tests look at pages in (Debian package)
	@$(BIN)/python tools/install_packages.py browser

redis: setup ## Make sure that a Redis server is there, which the proxy's tests share sessions through (Debian package)
	@$(BIN)/python tools/install_packages.py redis

clients: setup ## Make sure that the drivers are there that the proxy's tests connect with (Node.js, Go, Java: where these are)
	@PATH="$$PATH:$(CURDIR)/$(TOOLS)/bin" $(BIN)/python tools/test_clients/install.py

demo: pulumi ## Run the whole main job against the local sandbox (about a minute)
	@$(BIN)/theia-sf demo

test: pulumi browser redis clients ## Run every kind of test at reduced size (about 11 min)
	@echo "test: unit, integration and e2e tests (about 11 min on two cores)" >&2
	@# a lost worker ends the run: with one in its place, pytest-xdist 3.8 stands still at the end (its issue 784)
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder \
		-m 'not soak' tests

soak: pulumi browser redis clients ## Run the tests at the counts that the acceptance lists name (about a quarter of an hour)
	@echo "soak: the large counts (about a quarter of an hour on two cores)" >&2
	@PATH="$$PATH:$(CURDIR)/$(TOOLS)/bin" $(BIN)/python -m pytest -q -m soak --timeout 900 tests

lint: setup ## Run ruff, pyright, import-linter, sqlfluff and the freshness checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/lint_sql.py
	@$(BIN)/python tools/generate_commands_doc.py --check
	@$(BIN)/python -m theia_sf_dashboards --check

format: setup ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup ## Generate docs/commands.md from the CLI
	@$(BIN)/python tools/generate_commands_doc.py

dashboards: setup ## Write the provisioned Grafana dashboards from their builders
	@$(BIN)/python -m theia_sf_dashboards

bench: pulumi ## Print the headline ratios, each measured in one run
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

wheel: setup ## Build the wheel and the sdist into dist/
	@$(UV) build --quiet

clean: ## Remove what the targets made (the Pulumi CLI in ~/.pulumi stays)
	rm -rf $(VENV) $(TOOLS) dist build .pytest_cache .ruff_cache .hypothesis .sqlfluff_cache policies.yml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
