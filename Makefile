# `make demo` and `make test` need the network and one of these Pythons, newest first, and set up all
# the rest themselves. Python 3.13 works too (VERSIONS=3.13), but TensorFlow has no wheel for it.
VERSIONS ?= 3.12 3.11

CAR ?= demo-car
VENV ?= .venv
PYTHON ?= $(shell for version in $(VERSIONS); do for python in python$$version \
	"$$(pyenv root 2>/dev/null)/versions/$$version".*/bin/python python3 python; do \
	"$$python" -c '$(IS_ONE_OF)' $$version 2>/dev/null && echo "$$python" && exit; done; done)

IS_ONE_OF := import ensurepip, sys; sys.exit("%d.%d" % sys.version_info[:2] not in sys.argv[1:])
EXTRAS := import sys; print("pc" if sys.version_info < (3, 13) else "pi,movie")
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PEERS := .venv-peers
PEERS_INSTALLED := $(PEERS)/.installed
PICTURES := docs/images
DOCS_INSTALLED := $(VENV)/.docs-installed
QUICK := -m "not tensorflow and not slow"
PROCESSES ?= auto
PYTEST := $(BIN)/pytest --numprocesses=$(PROCESSES)

.PHONY: help install demo pictures test check lint types coverage build docs bench soak clean

help:
	@echo "make install  make an environment in $(VENV)/; the targets below do it by themselves"
	@echo "make demo     drive a synthetic track and record what the network saw, in $(CAR)/"
	@echo "make pictures make the pictures of the pages anew, from the demo's drive"
	@echo "make test     run the tests (more for pytest: make test ARGS='-k hook')"
	@echo "make check    lint, types, and the tests that are quick: a minute"
	@echo "make lint     check style and layout of the code"
	@echo "make types    check the annotations"
	@echo "make coverage run the quick tests, and list the lines that they do not run"
	@echo "make build    make sdist and wheel in dist/"
	@echo "make docs     make the site of the pages in site/"
	@echo "make bench    measure ours beside the peers, and the drive loop (ARGS=--quick for a look)"
	@echo "make soak     drive an hour's rounds with faults thrown in: does anything grow or leak?"
	@echo "make clean    remove what the others made, save the demo's car"

install: $(INSTALLED)

demo: $(INSTALLED)
	$(BIN)/donkey activations demo --path "$(CAR)"

# Record 125 is in a bend; `plan` measures, so the machine should do nothing else.
pictures: demo
	cp "$(CAR)"/data/drive/activations/pilot-*/125.jpg $(PICTURES)/mosaic.jpg
	$(BIN)/donkey activations movie --model "$(CAR)/models/pilot.tflite" --tub "$(CAR)/data/drive" \
		--start 125 --end 126 --out "$(CAR)/record-125.mp4" --sheet $(PICTURES)/film.jpg --force
	$(BIN)/donkey activations plan --model "$(CAR)/models/pilot.h5" --tub "$(CAR)/data/drive" \
		--png $(PICTURES)/plan.jpg --force

test: $(INSTALLED)
	$(PYTEST) $(ARGS)

check: lint types
	$(PYTEST) $(QUICK) $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy --strict

coverage: $(INSTALLED)
	$(PYTEST) $(QUICK) --cov --cov-report=term-missing:skip-covered $(ARGS)

build: $(INSTALLED)
	rm -rf build dist
	$(BIN)/python -m build

docs: $(DOCS_INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(INSTALLED) $(PEERS_INSTALLED)
	$(BIN)/python benchmarks/run.py --peers $(PEERS)/bin/python $(ARGS)

soak: $(INSTALLED)
	$(BIN)/python benchmarks/soak.py $(ARGS)

clean:
	rm -rf $(VENV) .venv-* build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache \
		.hypothesis .coverage

$(PEERS_INSTALLED): benchmarks/peers/requirements.txt | $(INSTALLED)
	rm -rf $(PEERS)
	$(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/pip install --requirement $<
	touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	$(BIN)/pip install --editable ".[docs]"
	touch $@

# Made anew when what is to be installed changes, and after an installation that broke off.
$(INSTALLED): setup.cfg setup.py pyproject.toml donkey_activations_hook.pth
	@"$(PYTHON)" -c '$(IS_ONE_OF)' 3.11 3.12 3.13 2>/dev/null || { echo "make: expected one of\
	 Python $(VERSIONS), with ensurepip, found $(or $(PYTHON),none); install it (Debian, Ubuntu: with its\
	 -venv package), or say where it is: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 1; }
	rm -rf $(VENV)
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/pip install --editable ".[$$($(BIN)/python -c '$(EXTRAS)'),dev]"
	touch $@
