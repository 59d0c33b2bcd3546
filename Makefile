# One line a task; what each does is told in scripts/ and docs/install.md. Python is the first of these that is 3.11 or newer.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

.PHONY: help run test test-fast check bench prove clean need-python

help:
	@echo "make run        set everything up and serve the fund with demo data (PORT=8001 make run for another port)"
	@echo "make test       every test, on SQLite and on PostgreSQL when one answers (ARGS='tests/fund -x' for some)"
	@echo "make test-fast  the tests without browsers and races, on SQLite"
	@echo "make check      lint, types, import rules, migrations, translations, docs drift"
	@echo "make bench      the benchmark table"
	@echo "make prove      the long release figures"
	@echo "make clean      remove the virtual environment and caches (never var/, the instance)"

need-python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Type: sudo apt-get install -y python3 python3-venv"; exit 1; }

run: need-python
	@$(PYTHON) scripts/run.py

test: need-python
	@$(PYTHON) scripts/test.py

test-fast: need-python
	@$(PYTHON) scripts/test.py --fast

check: need-python
	@$(PYTHON) scripts/check.py

bench: need-python
	@$(PYTHON) scripts/bench.py

prove: need-python
	@$(PYTHON) scripts/bench.py --prove

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
	find . -name __pycache__ -not -path "./var/*" -prune -exec rm -rf {} +
