# Estran: `make run` does the main job, `make test` passes the tests, `make help` lists the rest.
SHELL       := /bin/sh
PYTHON      ?= python3
VENV        ?= .venv
BIN         := $(VENV)/bin
PRODUCT     ?=
OUT         ?= out
RESOLUTION  ?= 20
ARGS        ?=
SEED        ?= 4
SCENE       := build/scene-$(SEED)
# One BLAS or OpenMP thread per process: the parallelism is ours (Dask, numba).
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test test-all check format generate bench attack docs dist clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Estran needs Python 3.11 or newer, this is %s. What to do: make run PYTHON=python3.11" % sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "The local environment could not be made. What to do: install your system's venv package (Debian: python3-venv) and try again."; exit 1; }

# A stamp is written last: an installation that was cut short is done again.
$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check,docs]'
	@touch $@

run: $(VENV)/.run ## Masks, pictures and report of PRODUCT=path (or of a simulated scene) into out/.
ifeq ($(strip $(PRODUCT)),)
	@test -d $(SCENE) || $(BIN)/estran simulate scene $(SCENE) --seed $(SEED)
	$(BIN)/estran masks $(SCENE)/*.SAFE --dem $(SCENE)/truth/dem.tif -o $(OUT) --resolution $(RESOLUTION) --overwrite $(ARGS)
else
	$(BIN)/estran masks "$(PRODUCT)" -o $(OUT) --resolution $(RESOLUTION) --overwrite $(ARGS)
endif
	@echo "Open $(OUT)/index.html for the report; $(OUT)/*.dim opens in SNAP."

test: $(VENV)/.dev ## The tests that need pip alone.
	$(BIN)/python -m pytest -n 2 -m "not slow and not snap and not snap_toolbox and not debian and not jdk" $(ARGS)

test-all: $(VENV)/.dev ## Every test; what this machine lacks is skipped with its reason.
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(VENV)/.dev ## Lint, format, types, generated files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m estran.catalogue.generate --check

format: $(VENV)/.dev ## Put the sources in the house's format.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(VENV)/.dev ## Write again what derives from the declarations.
	$(BIN)/python -m estran.catalogue.generate

bench: $(VENV)/.run ## Speed, memory and scores, each as a table with its ratio.
	$(BIN)/python -m benchmarks $(ARGS)

attack: $(VENV)/.run ## Kills, full disks, damaged and hostile files, odd environments; writes docs/robustness.md (ARGS=--quick: minutes, writes nothing).
	$(BIN)/python tests/80_attack $(if $(strip $(ARGS)),$(ARGS),--write)

docs: $(VENV)/.dev ## The documents with executed figures, into build/docs.
	$(BIN)/python docs/build.py

dist: $(VENV)/.dev ## Wheel and source archive, into dist/.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove what was built (the environment stays).
	rm -rf build dist out .hypothesis .mypy_cache .ruff_cache python/*.egg-info
