# make demo and make test set everything up by themselves; nothing else is needed.

PYTHON ?=
export PYTHON
# Byte code halves the start of everything below.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench lint lock clean clean-stores

help:
	@echo "make demo   set up and run the whole path from specs to a repaired system"
	@echo "make test   set up and run all tests"
	@echo "make setup  make .venv with architect in .venv/bin, and nothing else"
	@echo "make bench  measure what the design promises"
	@echo "make lint   black, ruff and mypy on everything hand-written"
	@echo "make lock   resolve requirements.lock anew (needs uv)"
	@echo "make clean-stores  remove the embedded stores with all books; asks for a yes"
	@echo "make clean  remove .venv and all caches; .architect (books, dumps, halts, chats) stays"

setup:
	@py=$$(command -v python3 || command -v python3.13 || command -v python3.12 \
	    || command -v python3.11) || { \
	  echo "error: no Python was found" >&2; \
	  echo "hint: sudo apt install python3 python3-venv" >&2; exit 1; }; \
	"$$py" bootstrap.py

demo: setup
	@$(BIN)/architect demo $(ARGS)

# All tests side by side, then those that a busy machine would fail; ARGS run as they are.
test: setup
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile \
	    --no-loadscope-reorder --durations 12 -m "not alone"
	@$(BIN)/python -m pytest -m alone
endif

bench: setup
	@$(BIN)/python benchmarks/run.py $(ARGS)

lint: setup
	@$(BIN)/black --check --quiet architect core tests benchmarks bootstrap.py
	@$(BIN)/ruff check architect core tests benchmarks bootstrap.py
	@$(BIN)/mypy

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --all-extras --no-emit-package colorama --no-emit-package winloop \
	  --no-emit-package httpx2-jsfetch pyproject.toml -o requirements.lock

# For a data folder that another Postgres made: nothing else needs it.
clean-stores: setup
	@$(BIN)/python -m core.stores.clean .architect

clean:
	@rm -rf .venv build dist *.egg-info
	@rm -f .architect/setup.* .architect/*.txt
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
