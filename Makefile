# Every target sets itself up: make demo, make test and make check work in a fresh clone.
# Written for GNU make 3.81, which is what macOS has.

PYTHON_IN := .venv/bin/python

# Taken as it was typed: no "$" in a path is expanded, and recipes read it from the environment,
# so that spaces and quotes survive.
override DICOM := $(value DICOM)
export DICOM PYTHON

# Compiled modules are kept: tests start hundreds of processes that import them.
unexport PYTHONDONTWRITEBYTECODE

# Linux without a display draws on a virtual screen.
ifeq ($(shell uname -s)$(DISPLAY)$(WAYLAND_DISPLAY),Linux)
SCREEN := xvfb-run -a -s "-screen 0 1600x1000x24"
endif

.PHONY: help bench compat coverage demo plugins test torture check lint types architecture package screenshots system validator clean

help:
	@echo "make demo [DICOM=path]  open a sample, or your own file or folder, in napari"
	@echo "make test [ARGS=...]    run the tests"
	@echo "make torture            long forms of short tests, an hour of pairs (MEDSCAN_TORTURE_SECONDS, _SEED)"
	@echo "make compat [ARGS=...]  test the whole plugin in each napari it supports, then make test"
	@echo "make plugins            run other plugins on a series, write docs/other-plugins.md"
	@echo "make coverage           open every case of the corpus, write docs/coverage.md"
	@echo "make check              lint, types, import directions, packaging"
	@echo "make bench [ARGS=...]   measure against other readers, write docs/performance.md"
	@echo "make screenshots        take the screenshots of README and docs"
	@echo "make clean              remove .venv, .compat, builds and caches"

demo: .venv/stamp system
	$(SCREEN) $(PYTHON_IN) tools/demo.py $(if $(SCREEN),--screenshot demo.png) $${DICOM:+"$$DICOM"}

bench: .venv/stamp system
	$(SCREEN) $(PYTHON_IN) benchmarks/run.py $(ARGS)

screenshots: .venv/stamp system
	$(SCREEN) $(PYTHON_IN) tools/screenshots.py --only '$(ONLY)'

# A file's tests stay in one process: they share what its fixtures make. In the order of their names,
# as the files with the fewest tests have the longest, which would be left to one process at the end.
test: .venv/stamp system validator
	$(SCREEN) $(PYTHON_IN) -m pytest -n auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder $(ARGS)

# Needs the corpus. A seed is an order of pairs, and what is done between opening the two.
torture: export MEDSCAN_TORTURE_SECONDS ?= 3600
torture: export MEDSCAN_TORTURE_SEED ?= 0
torture: .venv/stamp system
	$(SCREEN) $(PYTHON_IN) -m pytest -n 0 -o faulthandler_timeout=0 \
		tests/napari_/test_view_pairs.py -k torture $(ARGS)
	MEDSCAN_TORTURE=1 $(SCREEN) $(PYTHON_IN) -m pytest -n 0 -o faulthandler_timeout=0 \
		tests/napari_/panes/test_panes.py tests/widgets/panel/test_dock.py \
		tests/napari_/test_view_folders.py tests/napari_/test_napari_commands.py \
		-k 'leave_nothing or leaves_nothing or each_series or scout_before or messy_disc_drop or napari_commands'
	MEDSCAN_TORTURE=1 $(PYTHON_IN) -m pytest -n 0 -o faulthandler_timeout=0 \
		tests/dicom/elements/test_scanner.py tests/dicom/headers/test_header_reader.py \
		tests/dicom/series/test_phantoms_4d.py \
		tests/dicom/series/test_written_phantoms.py \
		tests/export tests/workers/test_pool.py
	MEDSCAN_TORTURE=1 $(SCREEN) $(PYTHON_IN) -m pytest -n 0 -o faulthandler_timeout=0 \
		tests/widgets/assistant/test_actions.py tests/widgets/assistant/test_offline.py

# Environments of some GB in .compat, or where MEDSCAN_COMPAT says; what is installed is kept.
compat: .venv/stamp system
	$(SCREEN) $(PYTHON_IN) tools/compat.py $(ARGS)
	$(if $(ARGS),,$(MAKE) test)

# Writes docs/coverage.md; needs the corpus.
coverage: .venv/stamp
	$(PYTHON_IN) tools/corpus_coverage.py

# Writes docs/other-plugins.md.
plugins: .venv/stamp system
	$(SCREEN) $(PYTHON_IN) tools/other_plugins.py --install --write

# Each on a core of its own.
check: .venv/stamp system
	@$(MAKE) --jobs 2 lint types architecture package

lint: .venv/stamp
	$(PYTHON_IN) -m ruff check
	$(PYTHON_IN) -m ruff format --check

types: .venv/stamp
	$(PYTHON_IN) -m mypy --strict src

# The next two import napari, and vispy does not even import without fontconfig.
architecture: .venv/stamp system
	$(PYTHON_IN) -m pytest tests/test_architecture.py

package: .venv/stamp system
	$(PYTHON_IN) tools/check_wheel.py

system:
	@sh tools/system-libraries.sh

# dciodvfy, where it can be installed: tests that use it are skipped without it, and say so.
validator:
	-@sh tools/system-libraries.sh validator

.venv/stamp: pyproject.toml tools/venv.sh
	sh tools/venv.sh
	@touch $@

clean:
	rm -rf .venv .compat dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
