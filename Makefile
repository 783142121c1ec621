# make book    build the site into _build/html
# make test    run all tests, in a real browser too
# make help    the rest

# The first Python that the book runs on; name another with: make PYTHON=... book
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
VENV := .venv/bin/python

.DEFAULT_GOAL := book
.PHONY: book serve lab pdf test lint data lock links bench experiments assignments grade clean help environment environment-grade environment-test

book: environment  ## build the site into _build/html, executing what has changed
	@$(VENV) -m tools.page_python
	@$(VENV) -m tools.build

serve: book  ## serve the site on the loopback address (PORT=8000)
	@$(VENV) -m tools.serve

lab: book  ## open the chapters in JupyterLab
	@$(VENV) -m tools.lab

pdf: environment-test  ## print the book into _build/pdf, with the browser of the tests
	@$(VENV) -m tools.browser
	@$(VENV) -m tools.page_python
	@$(VENV) -m tools.build
	@$(VENV) -m tools.pdf

test: environment-test  ## build the book and run all tests
	@$(VENV) -m tools.browser
	@$(VENV) -m tools.bubblewrap
	@$(VENV) -m tools.page_python --required
	@$(VENV) -m tools.build
	$(VENV) -m pytest -n logical --maxprocesses 4 $(PYTEST)

lint: environment-test  ## check style and types
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy

links: book  ## ask every outside link of the site whether it still answers
	@$(VENV) -m tools.links

# Also: ASSIGNMENT=name MASTERS=folder OUT=folder WORKERS=2 SHARE=1/2 GO_ON=1; MOODLE=worksheet.csv or
# CANVAS=gradebook.csv COLUMN=12345 to get that file back with marks; COURSE=folder for feedback into a
# course of nbgrader's; and OPTIONS for what else `python -m assignments.grade --help` tells.
grade: environment-grade  ## grade a folder of submissions (SUBMISSIONS=folder SEED=2026)
	@test -n "$(SUBMISSIONS)" || { echo 'Say what to grade: make grade SUBMISSIONS=folder SEED=2026' >&2; exit 1; }
	@$(VENV) -m assignments.grade "$(SUBMISSIONS)" $(if $(SEED),--seed $(SEED)) \
		$(if $(ASSIGNMENT),--assignment $(ASSIGNMENT)) $(if $(MASTERS),--masters "$(MASTERS)") \
		$(if $(OUT),--out "$(OUT)") $(if $(WORKERS),--workers $(WORKERS)) \
		$(if $(SHARE),--share $(SHARE)) $(if $(GO_ON),--go-on) \
		$(if $(MOODLE),--moodle "$(MOODLE)") $(if $(CANVAS),--canvas "$(CANVAS)") \
		$(if $(COLUMN),--column "$(COLUMN)") $(if $(COURSE),--course "$(COURSE)") \
		$(OPTIONS)

bench: environment-test  ## measure speed and memory, side by side
	@$(VENV) -m benchmarks

data: environment-test  ## count again what book/data holds of our own counting
	$(VENV) -m experiments.keras_reconciliation
	$(VENV) -m experiments.atlas
	$(VENV) -m experiments.training_steps

# What is done is kept: stop it when you like, and go on with the same line. DATA=cifar10 trains on
# photographs; OUT=folder times your own machine from the start, and leaves the book's tables alone.
experiments: environment  ## train and time what chapters show, for hours (QUICK=1: a minute)
	$(VENV) -m experiments.degradation $(if $(DATA),--data $(DATA)) $(if $(QUICK),--quick)
	$(VENV) -m experiments.inference_time $(if $(QUICK),--quick) $(if $(OUT),--out "$(OUT)")
	$(if $(QUICK)$(OUT),,$(VENV) -m experiments.roofline_fit)

assignments: environment-grade  ## draw assignments for a class (SEED=2027 MASTERS=folder)
	@$(VENV) -m assignments.generate $(if $(SEED),--seed $(SEED)) $(if $(MASTERS),--masters "$(MASTERS)")

lock: environment-test  ## lock the dependencies that pyproject.toml names (LOCK=--upgrade: the newest)
	$(VENV) -m tools.lock $(LOCK)

clean:  ## remove the site and the results of executed cells, keep the environment
	rm -rf _build

help:  ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s%s\n", $$1, $$2 }' Makefile

environment environment-grade environment-test: group = $(or $(patsubst environment-%,%,$(filter-out environment,$@)),book)
environment environment-grade environment-test:
	@$(if $(PYTHON),,echo 'The book needs Python 3.11, 3.12 or 3.13: install one, or name it: make PYTHON=/path/to/python book' >&2; exit 1)
	@$(PYTHON) -m tools.install $(group)
