# One command for each thing one does with this site; each installs what it needs.

PYTHON ?= $(firstword $(shell command -v python3 python3.14 python3.13 python3.12 python3.11 2>/dev/null) python3)
BIN := .venv/bin

.PHONY: help run test lint conformance browser screenshots bench soak dev
.DEFAULT_GOAL := help

help:
	@echo "make run          start the site on http://localhost:8000 (PORT=9000 make run for another port)"
	@echo "make test         run every test and print the coverage"
	@echo "make lint         check style, types, imports and module size"
	@echo "make conformance  run the official MCP conformance suite against this site"
	@echo "make browser      walk through the pages in a real browser, as people and as attackers"
	@echo "make screenshots  write a picture of every page to docs/screenshots"
	@echo "make bench        measure this site beside its peers, and pages with a million rows"
	@echo "make soak         call the site for half an hour and watch its memory (MINUTES=5 make soak for a shorter one)"

run:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed: install it and run this again." >&2; exit 1; }
	@exec $(PYTHON) scripts/bootstrap.py run

dev:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed: install it and run this again." >&2; exit 1; }
	@$(PYTHON) scripts/bootstrap.py dev

# Coverage follows the processes that tests start, and reports also when a test has failed. The whole suite is
# spread over the cores, a file at a time, slow rooms first; a part that ARGS names runs in one process.
test: dev
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(or $(ARGS),-n auto --dist loadfile --no-loadscope-reorder); status=$$?; \
	$(BIN)/coverage combine --quiet; $(BIN)/coverage report; exit $$status

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/module_size.py

conformance: dev
	@$(BIN)/python scripts/conformance.py

browser: dev
	@$(BIN)/python scripts/browser.py test $(ARGS)

screenshots: dev
	@$(BIN)/python scripts/browser.py screenshots

bench: dev
	@$(BIN)/python -m benchmarks.bench

soak: dev
	@$(BIN)/python -m benchmarks.soak
