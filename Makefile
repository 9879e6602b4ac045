# `make demo` and `make test` need Python 3.11 and the network, and set up all the rest themselves.

CAR ?= demo-car
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	$$name -c '$(IS_3_11)' 2>/dev/null && echo $$name && break; done)

IS_3_11 := import sys; sys.exit(sys.version_info[:2] != (3, 11))
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PEERS := .venv-peers
PEERS_INSTALLED := $(PEERS)/.installed
PICTURES := docs/images

.PHONY: help demo pictures test lint types build bench soak clean

help:
	@echo "make demo     drive a synthetic track and record what the network saw, in $(CAR)/"
	@echo "make pictures make the pictures of the pages anew, from the demo's drive"
	@echo "make test     run the tests (more for pytest: make test ARGS='-k hook')"
	@echo "make lint     check style and layout of the code"
	@echo "make types    check the annotations"
	@echo "make build    make sdist and wheel in dist/"
	@echo "make bench    measure ours beside the peers, and the drive loop (ARGS=--quick for a look)"
	@echo "make soak     drive an hour's rounds with faults thrown in: does anything grow or leak?"
	@echo "make clean    remove what the others made, save the demo's car"

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
	$(BIN)/pytest $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy --strict

build: $(INSTALLED)
	rm -rf build dist
	$(BIN)/python -m build

bench: $(INSTALLED) $(PEERS_INSTALLED)
	$(BIN)/python benchmarks/run.py --peers $(PEERS)/bin/python $(ARGS)

soak: $(INSTALLED)
	$(BIN)/python benchmarks/soak.py $(ARGS)

clean:
	rm -rf $(VENV) $(PEERS) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(PEERS_INSTALLED): benchmarks/peers/requirements.txt | $(INSTALLED)
	rm -rf $(PEERS)
	$(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/pip install --requirement $<
	touch $@

# Made anew when what is to be installed changes, and after an installation that broke off.
$(INSTALLED): setup.cfg setup.py pyproject.toml donkey_activations_hook.pth
	@"$(PYTHON)" -c '$(IS_3_11)' 2>/dev/null || { echo "make: Donkeycar needs Python 3.11;\
	 install it, or say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	rm -rf $(VENV)
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/pip install --editable '.[pc,dev]'
	touch $@
