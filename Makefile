# The two commands of the README are `make up` and `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin

# The environment is reused, so let Python keep its bytecode: imports take half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- environment ---------------------------------------------------------------

.venv/sandbox.stamp: requirements.txt requirements/sandbox.txt requirements/install.py
	@$(PYTHON) requirements/install.py requirements/sandbox.txt
	@touch $@

.venv/dev.stamp: requirements.txt requirements/dev.txt requirements/install.py
	@$(PYTHON) requirements/install.py requirements/dev.txt
	@touch $@ .venv/sandbox.stamp

.PHONY: env lock
env: .venv/dev.stamp ## set up .venv with everything that tests and checks need

lock: .venv/dev.stamp ## compile requirements/*.in into pinned requirements/*.txt
	@for set in sandbox dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make lock" -o requirements/$$set.txt requirements/$$set.in; \
	done

# -- the embedded cloud --------------------------------------------------------

.PHONY: up down status logs verify graph kubernetes storm health
up: .venv/sandbox.stamp ## deploy the whole program into the embedded cloud and try it out
	@$(BIN)/python -m sandbox up $(ARGS)

down: ## stop the embedded cloud and everything it started
	@test ! -x $(BIN)/python || $(BIN)/python -m sandbox down $(ARGS)

status: .venv/sandbox.stamp ## what runs, and where
	@$(BIN)/python -m sandbox status $(ARGS)

logs: .venv/sandbox.stamp ## the storefront's log
	@$(BIN)/python -m sandbox logs $(ARGS)

verify: .venv/sandbox.stamp ## ask how it is, and drive every entry point again
	@$(BIN)/python -m sandbox verify $(ARGS)

graph: .venv/sandbox.stamp ## draw what is deployed, and the dashboards
	@$(BIN)/python -m sandbox graph $(ARGS)

kubernetes: .venv/sandbox.stamp ## build a real Kubernetes control plane for the sandbox (needs Go; once)
	@$(BIN)/python -m sandbox.kubernetes build

storm: .venv/sandbox.stamp ## 10,000 orders with faults through what is deployed, then the books
	@$(BIN)/python -m sandbox storm --orders $(or $(ORDERS),10000) $(ARGS)

# -- on AWS --------------------------------------------------------------------

health: .venv/sandbox.stamp ## ask a stack on AWS how it is: make health STACK=dev
	@pulumi stack output --json --stack $(or $(STACK),dev) | $(BIN)/python -m components.health $(ARGS)

# -- quality -------------------------------------------------------------------

.PHONY: test check docs format bench
test: .venv/dev.stamp ## run every test, the whole program in the sandbox included
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/dev.stamp ## format, lint, types, documentation
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/python -m pytest -q -m docs

docs: .venv/dev.stamp ## write the generated parts of the documentation
	@$(BIN)/python -m sandbox.documentation

format: .venv/dev.stamp ## format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/dev.stamp ## measure; asserts nothing about time
	@$(BIN)/python -m benchmarks $(ARGS)
