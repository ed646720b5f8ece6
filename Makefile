# The verbs of the project. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first interpreter that really starts: a name on the path may be an empty shim.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in python3.11 python3; do if $$p -c "" 2>/dev/null; then echo $$p; break; fi; done)
endif

SEED ?= 1
SEEDS ?= 0:200
# Judges every batch of a simulated world without the engine's code.
WITNESS ?= tests.reference.witness:ReferenceWitness
UV ?= uv
# `make pins PINS=--upgrade` moves every pin; without it, only what pyproject.toml no longer allows moves.
PINS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

# Nothing of the caller's environment may decide what is imported or where it is installed.
unexport PYTHONHOME PYTHONPATH PIP_PREFIX PIP_TARGET PIP_USER

.PHONY: help install run test check bench sim worlds pins clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## create .venv from the pinned set and compile the core once

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python found: install 3.11 or later, or set PYTHON=..."; exit 1; }
	@rm -f $@
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes -r constraints.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m plimsoll.warm
	@touch $@

run: install ## replay a market day and write build/report.html
	@mkdir -p build
	$(BIN)/plimsoll replay --out build/report.html

test: install ## run the tests on two workers
	$(BIN)/python -m pytest -n 2

check: install ## lint, formatting, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: install ## measure, and write bench-results.json
	$(BIN)/python -m benchmarks

sim: install ## run one simulated world and tell its story: make sim SEED=7
	$(BIN)/plimsoll sim --seed $(SEED) --witness $(WITNESS)

worlds: install ## run many simulated worlds: make worlds SEEDS=0:200
	$(BIN)/plimsoll sim --seeds $(SEEDS) --witness $(WITNESS) --keep build/worlds --coverage

pins: ## write constraints.txt again: versions and hashes for every extra (needs uv)
	$(UV) pip compile pyproject.toml --quiet --all-extras --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --output-file constraints.txt $(PINS)

clean: ## remove what the other verbs left; .venv stays, the next verb compiles the core again
	rm -rf build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache $(VENV)/.installed
	@for d in src tests benchmarks; do if test -d $$d; then find $$d -name __pycache__ -type d -prune -exec rm -rf {} +; fi; done
