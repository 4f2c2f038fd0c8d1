# The two commands of the README, and the ones for those who work on the code.
#
#   make demo    set up everything, then show the main job on real firmware
#   make demo-mcu   a wallet on a bare Cortex-M4 under QEMU, its companion app, and a power cut
#   make qemu-linux   a Linux system under QEMU that updates its own root, A to B, and falls back when the new one does not come up
#   make test    set up everything, then build and run every test
#   make check   all that a change must pass: format, tidy, rooms, every preset's tests, a short fuzz, each benchmark once
#   make corpus  every real input of the corpus (CORPUS=folder), one line per family
#   make corpus-delta   patches of the corpus's firmware beside bsdiff, xdelta3, zstd, and HDiffPatch, HPatchLite, detools, Zucchini where AIRLOCK_HDIFFPATCH=..
#                       AIRLOCK_HPATCHLITE=.. AIRLOCK_DETOOLS=.. AIRLOCK_ZUCCHINI=.. name them: size, time, memory; fails where a bar is missed
#   make corpus-mcu   its microcontrollers' firmware as patches on a bare Cortex-M4 under QEMU: seconds, stack, static RAM
#   make bench   every figure of speed, beside its peer; fails where a bar is missed. python-tuf is in no Debian package: name
#                its and securesystemslib's checkouts in TUF_PYTHONPATH, or its bars are told as left out
#   make fuzz    every parser, FUZZ_SECONDS each (default 600)
#   make peers   SLH-DSA, canonical JSON and ABI values beside other implementations, which npm installs
#   make oracle  fee policies beside the whole numbers of Python, CONTEXTS random questions (default 10 million)
#   make simulate-experiments   days and faults through the rules of experiments: false rollbacks, delays, beside the plain rule
#   make without take each check out of the code, and see its test fail
#   make powercut  cut a simulated device's power at every storage operation (SHARE=all, or ci), or FAULT=name: plant a bug
#                  and see the sweep find it, which ends with an error; "cannot be planted" is said where there was nothing to find
#   make faults    the bugs that can be planted; make faults-found plants them all
#   make fleet     UPDATES updates of 10 000 simulated devices, twice the same (default 1 million), and 5 000 over TLS
#   make mutate    change core/slot and core/update in one place after the other, and see a test fail
#   make conformance SUITE=checkout   the public TUF suite against airlock-tuf (tests/conformance/run.py)

JOBS ?= $(shell nproc)
TEST_JOBS ?= $(shell expr 2 \* $(JOBS))
CORPUS := $(if $(value AIRLOCK_CORPUS),$(value AIRLOCK_CORPUS),$(CURDIR)/../shared/corpus)
FUZZ_SECONDS ?= 600
CONTEXTS ?= 10000000
UPDATES ?= 1000000
SHARE ?= all
export AIRLOCK_CORPUS := $(CORPUS)
export PYTHONDONTWRITEBYTECODE = 1

# Journeys wait as long as they compute, so that twice as many run at once. ctest names what was skipped, and its log says why.
# What failed is told again at the end, where one looks.
define run_tests
ctest --preset $(1) -j $(TEST_JOBS) --progress; ended=$$?; log=build/$(1)/Testing/Temporary/LastTest.log; \
sed -n -e '/^skipped: /p' -e '/^no corpus /p' $$log | sort -u; \
awk '/^[0-9]+\/[0-9]+ Testing: / { test = "" } { test = test $$0 "\n" } /^Test Failed\.$$/ { printf "%s", test }' $$log; \
test $$ended -eq 0
endef

.PHONY: demo demo-mcu qemu-linux test check corpus corpus-delta corpus-mcu bench fuzz peers oracle simulate-experiments fleet without powercut faults faults-found mutate conformance packages build bare fuzz-smoke bench-smoke format tidy clean

packages:
	@tools/install_packages.sh build

build: packages
	@cmake --preset release -Wno-dev > build/configure.log 2>&1 || (cat build/configure.log; false)
	@cmake --build --preset release -j $(JOBS)

demo: | build-folder
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tools/demo.py

demo-mcu: | build-folder
	@tools/install_packages.sh bare
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tools/demo_mcu.py

qemu-linux: | build-folder
	@tools/install_packages.sh build linux
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tests/qemu_linux/story.py

test: | build-folder
	@$(MAKE) --no-print-directory build
	@test -d "$(CORPUS)" || echo "skipped: tests on the corpus ($(CORPUS) is not there; name a folder in AIRLOCK_CORPUS)"
	@$(MAKE) --no-print-directory bare
	@$(call run_tests,release)

# core/ for Cortex-M4. The toolchain is large, so that a user's machine may lack it.
bare: | build-folder
	@if command -v arm-none-eabi-g++ > /dev/null; then tools/bare_size.sh; \
	else echo "skipped: core/ for Cortex-M4 (no arm-none-eabi-g++; tools/install_packages.sh bare installs it)"; fi

check: | build-folder
	@tools/install_packages.sh build check bare
	@$(MAKE) --no-print-directory format tidy bare
	@python3 tools/check_rooms.py .
	@for preset in release dev asan tsan; do \
	  echo "== $$preset"; cmake --preset $$preset -Wno-dev > /dev/null && \
	  cmake --build --preset $$preset -j $(JOBS) && { $(call run_tests,$$preset); } || exit 1; done
	@$(MAKE) --no-print-directory fuzz-smoke bench-smoke

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 --dry-run -Werror

tidy: | build-folder
	@cmake --preset dev -Wno-dev > /dev/null
	@python3 tools/tidy.py --jobs $(JOBS)

corpus: | build-folder
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tools/corpus.py "$(CORPUS)"

corpus-delta: | build-folder
	@tools/install_packages.sh build bench
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tools/corpus_delta.py "$(CORPUS)"

corpus-mcu: | build-folder
	@tools/install_packages.sh build bare
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release AIRLOCK_PAIRS=all python3 tests/journeys/mcu_corpus.py

bench: | build-folder
	@tools/install_packages.sh build bench
	@$(MAKE) --no-print-directory build
	@cmake --build --preset release -j $(JOBS) --target benches
	@AIRLOCK_BIN=build/release tools/bench.sh

# Measures nothing: that every benchmark still runs.
bench-smoke: | build-folder
	@$(MAKE) --no-print-directory build
	@cmake --build --preset release -j $(JOBS) --target benches
	@for bench in $$(cat build/release/benches.txt); do \
	  build/release/$$bench --benchmark_min_time=0.001 > build/bench-smoke.log 2>&1 || { cat build/bench-smoke.log; exit 1; }; done

fuzz: | build-folder
	@tools/install_packages.sh build check
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release tools/fuzz.sh $(FUZZ_SECONDS)

fuzz-smoke: | build-folder
	@if command -v clang++-19 > /dev/null; then \
	  $(MAKE) --no-print-directory build && AIRLOCK_BIN=build/release FUZZ_SEED=1 tools/fuzz.sh 3; \
	else echo "skipped: fuzzing (no clang++-19; tools/install_packages.sh check installs it)"; fi

peers: | build-folder
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release tools/peers.sh

oracle: | build-folder
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tools/fee_oracle.py $(CONTEXTS) --seed $$(date +%s)

simulate-experiments: | build-folder
	@$(MAKE) --no-print-directory build
	@build/release/simulate-experiments --days 400 --runs 1000 --seed 1

fleet: | build-folder
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release tools/fleet.sh $(UPDATES)

without: | build-folder
	@tools/install_packages.sh build
	@python3 tools/without.py

# A planted fault that is found ends with an error (1), as any harm does; one that cannot be planted with another (3).
powercut: | build-folder
ifdef FAULT
	@tools/install_packages.sh build
	@python3 tools/faults.py $(FAULT)
else
	@$(MAKE) --no-print-directory build
	@build/release/airlock-powercut --share $(SHARE) --jobs $(JOBS)
endif

faults:
	@python3 tools/faults.py --list

faults-found: | build-folder
	@tools/install_packages.sh build
	@python3 tools/faults.py --all

mutate: | build-folder
	@$(MAKE) --no-print-directory build
	@python3 tools/mutate.py

# 77: something that is not ours is missing, and was named.
conformance: | build-folder
	@$(MAKE) --no-print-directory build
	@AIRLOCK_BIN=build/release python3 tests/conformance/run.py $(SUITE) || test $$? -eq 77

build-folder:
	@mkdir -p build

clean:
	rm -rf build
