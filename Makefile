# make demo    see what it does, on a sample mailbox, in a minute
# make test    everything that is checked, with all it needs
# Both set themselves up first. Another Python than python3: make demo PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: audit nightly fuzz licences bench-conduct bench-matters help setup demo demo-keep picture test check lint types imports pytest servers bench clauses lock clean notebooks clients

help:
	@echo "make demo       a sample mailbox on a local mail server: what was found, and why"
	@echo "make demo-keep  the same, and the mail server stays until Ctrl-C, for your mail program"
	@echo "make setup      build .venv with the command .venv/bin/triage"
	@echo "make test       install what is needed for it, then all checks and all tests"
	@echo "make check      format, lint, types and imports alone, and whether packages have known holes"
	@echo "make nightly    what takes too long for make test: the same tests with a hundred times the random mails, fuzzing, and the notebooks"
	@echo "make licences   write docs/licences.md anew"
	@echo "make picture    draw docs/demo.svg anew"
	@echo "make clauses    write docs/clauses.md anew"
	@echo "make bench      how fast it is"
	@echo "make bench-conduct   how well conduct is judged; with DATA=folder, on ordinary mail and labelled rows too"
	@echo "make lock       pin the packages that pyproject.toml asks for"
	@echo "make notebooks  a year of invented mail into the folder year, and every notebook run on it and checked"
	@echo "make bench-matters  how well mail is grouped, beside plain ways; DATA=FOLDER for archives with known matters"
	@echo "make clients    Thunderbird and Roundcube in Chromium (800 MB, as root installed by it) worked end to end; pictures in build/clients"
	@echo "make clean      remove what was made, but for .venv"

setup: .venv/.ready

demo: setup
	@$(BIN)/triage demo --folder demo

demo-keep: setup
	@$(BIN)/triage demo --folder demo --keep

picture: setup
	@$(BIN)/python -c "from pathlib import Path; from triage.demo import show; show(draw=Path('docs/demo.svg'), folder=Path('demo'))"

test: .venv/.ready-dev servers
	@$(MAKE) --no-print-directory check pytest

check: lint types imports audit

lint: .venv/.ready-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { $(BIN)/ruff format --check .; exit 1; }

types: .venv/.ready-dev
	@$(BIN)/mypy --no-error-summary

imports: .venv/.ready-dev
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }

# Known holes in what is installed. Without a way to the advisories it says so, and fails only with AUDIT=must.
audit: .venv/.ready-dev
	@$(BIN)/python .ci/audit

# Three at a time also on two cores: much of a test's time is waiting for a server.
pytest: .venv/.ready-dev
	@$(BIN)/pytest -n 3

nightly: .venv/.ready-dev servers
	@$(BIN)/python .ci/audit
	@TRIAGE_FUZZ=100 $(BIN)/pytest -n 2 -o timeout=14400 tests/fuzz tests/mailbox tests/rulings tests/test_order.py tests/crash tests/faults tests/worker tests/soak tests/test_spoofed.py
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory notebooks
	@$(BIN)/python -m bench.first_pull --count $(or $(BACKLOG),20000)

# A fuzzer that grows mails by what they reach; what it has grown is kept for the next time. FUZZ_SECONDS=60 for a short one.
fuzz: .venv/.ready-dev build/atheris/.ready
	@PYTHONPATH=build/atheris $(BIN)/python tests/fuzz/guided.py $(or $(FUZZ_SECONDS),1800) build/fuzz

build/atheris/.ready: requirements-fuzz.txt
	@$(PIP) install --no-deps --require-hashes --upgrade --target build/atheris -r requirements-fuzz.txt
	@touch $@

licences: .venv/.ready-dev
	@$(BIN)/python -m tests.licences.page

clauses: .venv/.ready-dev
	@$(BIN)/python -m tests.clauses.page

bench: .venv/.ready-dev servers
	@$(BIN)/python -m bench.first_pull

bench-conduct: .venv/.ready-dev
	@$(BIN)/triage evaluate conduct $(if $(DATA),--data $(DATA))

bench-matters: .venv/.ready-dev
	@$(BIN)/python -m bench.matters $(if $(DATA),--data $(DATA)) --growth $(or $(GROWTH),20000)

servers:
	@.ci/need-servers

# Mail programs as staff use them, without a screen. Too heavy for make test.
clients: .venv/.ready-dev servers
	@.ci/need-clients
	@$(BIN)/pytest -o addopts="-q --strict-markers --strict-config -p no:cacheprovider" tests/clients
	@echo "what Thunderbird and Roundcube showed lies in build/clients"

.venv/.ready: requirements.txt pyproject.toml .ci/make-venv
	@PYTHON="$(PYTHON)" .ci/make-venv
	@echo "installing what triage needs (a minute or two, once)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	@echo "installing what the tests need"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

# The exact versions, with hashes, of what pyproject.toml asks for.
lock: .venv/.ready-dev
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --extra demo --extra postgresql --extra pdf --extra encryption --extra test pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --extra demo --extra postgresql --extra pdf --extra encryption --extra test --extra dev pyproject.toml -o requirements-dev.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --extra notebooks -c requirements-dev.txt pyproject.toml -o requirements-notebooks.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --group fuzz -o requirements-fuzz.txt

# What notebooks need stands in a venv of its own: nothing of it is needed to run triage.
notebooks: .venv-notebooks/.ready year/truth.json
	@.venv-notebooks/bin/python -m pytest -o addopts="-q -p no:cacheprovider" tests/notebooks tests/analysis

.venv-notebooks/.ready: requirements.txt requirements-dev.txt requirements-notebooks.txt pyproject.toml
	@$(PYTHON) -m venv .venv-notebooks
	@.venv-notebooks/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes -r requirements-dev.txt
	@.venv-notebooks/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes -r requirements-notebooks.txt
	@.venv-notebooks/bin/python -m pip --disable-pip-version-check --no-input --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

year/truth.json: .venv-notebooks/.ready
	@rm -rf year
	@.venv-notebooks/bin/triage demo --year year

clean:
	@rm -rf build demo year .venv-notebooks *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
