# Five targets; nothing else to learn. A machine needs git, make and python3; the rest is installed.
PYTHON ?= python3
SUITES ?= unit lab uml
WORKERS ?= 2
export PYTHON

.PHONY: demo test check bench docs

demo: .venv/.ready
	@docs/demo.sh

test: .venv/.ready
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile $(addprefix tests/,$(SUITES))

check: .venv/.ready
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

bench: .venv/.ready
	@.venv/bin/python -m bench
	@.venv/bin/python -m bench.kill
	@.venv/bin/python -m bench.drill

docs: .venv/.ready
	@.venv/bin/python docs/record.py

.venv/.ready: pyproject.toml constraints.txt .ci/bootstrap .ci/packages.txt
	@.ci/bootstrap
