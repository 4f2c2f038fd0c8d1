# The architecture, top to bottom: each room, and the rooms above it that it may include.
#
#   library(<name> HEADERS <header or folder/> ... [HOST] [ONE_UNIT])
#   room(<folder> [ROOMS <room> ...] [LIBS <library> ...] [BACKEND_LIBS <library> ...] [FUZZ_LIBS <library> ...] [HOST]
#        [BUSY_TESTS] [BARE])
#   app(<program> <folder> [ROOMS <room> ...] [LIBS <library> ...] [MODULE] [CONFINED] [BARE])
#   shared(<library> <room> HEADERS <header or folder/header> ...)
#
# A room is a folder, a namespace, a CMake target (slashes become underscores) and, where a
# *_test.cc stands in it, a test binary. HOST rooms need an operating system; the others are
# freestanding and compile for Cortex-M too; BARE ones for nothing else. BACKEND_LIBS are for the *_host.cc of a freestanding
# room alone, which a bare build leaves out; FUZZ_LIBS are peers of its fuzz targets.
# A CONFINED program is compiled with its rooms once more and without a sanitizer, whose memory no budget has room for.
# BUSY_TESTS run for long enough to be optimized like what they test. A shared library is one room and what that needs, for
# programs that are not ours: <room>/<library>.map lists what it exports. tools/check_rooms.py holds every #include against this
# file: one that is not listed here, or that points down the page, fails the tests. Tests, benchmarks
# and fuzzers may include any library.

# ---- libraries, by the headers they are known by. ONE_UNIT: one .cc alone may see them, even through headers.
# What freestanding rooms may have of the standard library: no heap, no locale, no thread.
library(freestanding HEADERS algorithm array bit compare concepts cstddef cstdint cstring expected initializer_list limits new optional span string_view utility)
# Eight numbers at once, where the processor is an x86-64.
library(sse2 HEADERS emmintrin.h)
library(c HOST HEADERS stddef.h stdint.h)
library(glibc HOST HEADERS malloc.h)
library(sanitizer HOST HEADERS sanitizer/)
library(posix HOST HEADERS arpa/inet.h dlfcn.h fcntl.h link.h linux/ netinet/in.h poll.h sched.h signal.h sys/ termios.h ucontext.h unistd.h)
library(crypto HEADERS openssl/)
library(ssl HEADERS openssl/ssl.h)
library(secp256k1 HEADERS secp256k1.h)
library(nlohmann_json HEADERS nlohmann/)
library(cli11 HEADERS CLI/)
library(divsufsort HEADERS divsufsort.h divsufsort64.h)
library(sqlite3 HEADERS sqlite3.h)
library(curl HEADERS curl/)
library(ubootenv HEADERS libuboot.h)
library(p11_kit HEADERS p11-kit/)
library(qrencode HEADERS qrencode.h)
library(cbor HEADERS cbor.h)
library(mimalloc HEADERS mimalloc.h mimalloc-new-delete.h)
library(yaml HEADERS yaml.h)
library(boost ONE_UNIT HEADERS boost/)

# ---- core: freestanding. No heap, exceptions, RTTI, I/O, clock, randomness or mutable globals.
room(core/base)
room(core/codec     ROOMS core/base FUZZ_LIBS cbor)
room(core/crypto    ROOMS core/base BACKEND_LIBS crypto secp256k1)
room(core/minimal   ROOMS core/base core/codec core/crypto)
room(core/package   ROOMS core/base core/codec core/crypto)
room(core/carton    ROOMS core/base core/crypto)
room(core/entry     ROOMS core/base core/codec core/crypto core/package)
room(core/delta     ROOMS core/base core/codec core/crypto core/package LIBS sse2)
room(core/slot      ROOMS core/base core/codec core/crypto core/package)
room(core/update    ROOMS core/base core/codec core/crypto core/package core/slot)
room(core/bare      ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update)
room(core/link      ROOMS core/base core/codec core/crypto core/update core/bare)

# ---- host: what every process on an operating system needs, and nothing about updates.
room(host/file      HOST ROOMS core/base core/crypto)
room(host/json      HOST ROOMS core/base LIBS nlohmann_json)
room(host/parallel  HOST ROOMS core/base)
room(host/text      HOST ROOMS core/base core/codec core/crypto)
room(host/yaml      HOST ROOMS core/base host/text LIBS yaml)
room(host/terminal  HOST ROOMS core/base host/text)
room(host/commandline HOST ROOMS core/base host/file host/text LIBS cli11)
room(host/breaker   HOST ROOMS core/base)
room(host/sandbox   HOST ROOMS core/base)

# Verdicts of signatures, each asked for once. In front of core/crypto, for simulators alone.
room(host/verdicts  HOST ROOMS core/base core/crypto)

# ---- trust: the repository door.
room(trust/tuf      HOST ROOMS core/base core/codec core/crypto host/file host/json host/text LIBS crypto)

# Certificates: a further condition on a key that already counts, never a key that counts.
room(trust/x509     HOST ROOMS core/base core/codec core/crypto host/file host/text LIBS crypto)

# The public log: its tiles, its proofs, those who watch it.
room(trust/translog HOST ROOMS core/base core/codec core/crypto core/package host/file host/text)

# Where the doors meet: each other, and the certificates that the package door may ask for.
room(trust/doors    HOST ROOMS core/base core/crypto core/package host/json trust/tuf trust/x509)

# ---- engine: what wallets embed. It reads what was proven, and decides nothing about updates.
room(engine/number       HOST ROOMS core/base)
room(engine/swap         HOST ROOMS core/base)
room(engine/abi/type     HOST ROOMS core/base core/crypto host/json host/text engine/number)
room(engine/abi/evm      HOST ROOMS core/base core/crypto host/json host/text engine/number engine/abi/type)
room(engine/abi/solana   HOST ROOMS core/base core/crypto host/json host/text engine/number engine/abi/type)
room(engine/abi/move     HOST ROOMS core/base core/codec core/crypto host/json host/text engine/number engine/abi/type)
room(engine/abi/pack     HOST ROOMS core/base core/crypto core/package core/entry host/file host/json host/text)
room(engine/abi/clear    HOST ROOMS core/base core/crypto host/json host/text engine/number engine/abi/type engine/abi/evm)

room(engine/abi          HOST ROOMS core/base core/crypto core/package core/entry host/file host/json host/text engine/number engine/swap engine/abi/type engine/abi/evm engine/abi/solana engine/abi/move engine/abi/clear engine/abi/pack)

# What a shared library would do to who loads it.
room(engine/elf          HOST ROOMS core/base)

# What a wallet charges: strategies, the policy that is made of them, and the engine that follows one pointer to it.
room(engine/fee/strategy HOST ROOMS core/base host/text engine/number)
room(engine/fee/policy   HOST ROOMS core/base core/crypto core/package host/text host/yaml engine/number engine/fee/strategy)
room(engine/fee          HOST BUSY_TESTS ROOMS core/base core/crypto host/json host/text host/yaml engine/number engine/swap engine/fee/strategy engine/fee/policy)

# Fees named by native plugins: the C ABI and what goes over it, and the judge, the confined process and the swap behind it.
room(engine/fee/plugin/abi HOST ROOMS core/base)
room(engine/fee/plugin   HOST BUSY_TESTS ROOMS core/base core/crypto core/package host/file host/sandbox host/text host/yaml engine/number engine/swap engine/elf engine/fee/strategy engine/fee/policy engine/fee engine/fee/plugin/abi)

# The engine for programs that are not ours: a C ABI, and a C++ face that needs nothing else.
room(engine/embed        HOST ROOMS core/base core/crypto core/package core/entry host/file host/json engine/swap engine/abi engine/abi/pack)
shared(airlock_abi engine/embed HEADERS airlock_abi.h airlock/abi.hpp)

# ---- publish: signing happens here and nowhere else.
room(publish/token   HOST ROOMS core/base core/crypto host/file LIBS p11_kit crypto)
room(publish/keys    HOST ROOMS core/base core/codec core/crypto core/package host/file host/parallel host/text host/terminal publish/token LIBS crypto secp256k1)
room(publish/ceremony HOST ROOMS core/base core/crypto host/file host/json host/text publish/keys LIBS qrencode)
room(publish/diff    HOST BUSY_TESTS ROOMS core/base core/crypto core/package core/delta host/parallel LIBS divsufsort)
room(publish/release HOST ROOMS core/base core/codec core/crypto core/minimal core/package core/delta host/file host/json host/parallel host/text trust/tuf trust/translog trust/x509 trust/doors publish/keys publish/diff LIBS crypto)
room(publish/object  HOST ROOMS core/base core/carton core/crypto core/package host/file host/text trust/x509 publish/release)
room(publish/packs   HOST ROOMS core/base core/package core/entry host/file host/json host/text engine/swap engine/abi/type engine/abi/move engine/abi/clear engine/abi/pack engine/abi publish/release)
room(publish/online  HOST ROOMS core/base core/crypto host/file host/text trust/tuf publish/keys publish/release LIBS crypto)

# ---- server: hands out. It can sign nothing.
room(server/assignment HOST ROOMS core/base core/crypto)
room(server/store    HOST ROOMS core/base core/crypto core/package host/file host/json host/text server/assignment LIBS sqlite3)
room(server/rollout  HOST ROOMS core/base core/crypto core/package host/file host/json host/text trust/tuf server/assignment server/store)

# Experiments: what a count says, what follows from it, whom the server asks, and who acts.
room(server/evidence HOST ROOMS core/base)
room(server/experiment HOST ROOMS core/base core/crypto host/json host/text server/assignment server/evidence)
room(server/peer     HOST ROOMS core/base host/json host/text host/breaker LIBS curl)
room(server/judge    HOST ROOMS core/base core/crypto host/file host/json host/text server/store server/evidence server/experiment server/peer)

room(server/http     HOST ROOMS core/base core/crypto core/package host/file host/json host/text trust/tuf trust/translog server/assignment server/store server/rollout server/evidence server/experiment LIBS crypto ssl boost)

# What others depend on, a payment gateway or a price source, behind a breaker each, and what answers in its place.
room(server/dependency HOST ROOMS core/base host/breaker host/json host/text host/yaml server/peer server/http LIBS curl)

# ---- device: does.
# What GRUB and U-Boot are told of the boot record.
room(device/loader   HOST ROOMS core/base core/crypto core/package core/slot host/file host/text LIBS ubootenv)
room(device/platform HOST ROOMS core/base core/codec core/crypto core/package core/slot host/file host/json host/text device/loader LIBS crypto)
room(device/fetch    HOST ROOMS core/base core/crypto core/package core/delta host/file host/json host/text trust/tuf trust/x509 device/platform LIBS curl crypto ssl)
room(device/apply    HOST ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update host/file host/parallel host/text device/platform device/fetch)
room(device/agent    HOST ROOMS core/base core/codec core/crypto core/package core/carton core/delta core/slot core/update host/file host/json host/text trust/tuf trust/translog trust/x509 trust/doors device/loader device/platform device/fetch device/apply)

# ---- fleet: both ends at once. The server that ships and thousands of devices, on a simulated clock and network.
room(fleet           HOST BUSY_TESTS ROOMS core/base core/crypto core/package core/delta core/slot core/update core/bare host/file host/json host/parallel host/text trust/tuf publish/keys publish/release server/store server/http device/platform device/fetch device/agent)

# ---- tests: only what spans rooms.
room(tests/fakes     HOST ROOMS core/base core/codec core/crypto core/package core/delta core/slot host/file publish/keys LIBS crypto secp256k1)
room(tests/powercut  HOST BUSY_TESTS ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update core/bare host/verdicts publish/diff tests/fakes)

# The Linux agent on a disk that forgets. In front of the C library: linked by nothing else.
room(tests/disk      HOST ROOMS core/base core/crypto core/package core/carton core/slot core/update core/delta host/file host/json host/text trust/tuf trust/translog trust/x509 trust/doors publish/diff device/loader device/platform device/fetch device/apply device/agent tests/fakes LIBS posix)

# A wallet for a Cortex-M4, in bare builds alone.
room(tests/cortex_m  BARE ROOMS core/base core/crypto core/package core/carton core/delta core/slot)

# The power-cut sweep as a program.
app(airlock-powercut tests/sweep ROOMS core/base tests/powercut LIBS posix)

# A shared object that a test loads; linked by nothing.
app(fake_token_module tests/fake_token LIBS posix p11_kit MODULE)

# Packs that the stories of engine/embed are played with.
app(make_pack      tests/make_pack     ROOMS core/base core/crypto host/file host/json engine/abi engine/abi/pack engine/abi/type)

# Releases of packs, fee policies and fee plugins that nobody judged, which a device must refuse.
app(make_release   tests/make_release  ROOMS core/base core/package host/file engine/abi/pack publish/release)

# Days and faults through the rules of an experiment.
app(simulate-experiments tests/simulate_experiments ROOMS core/base host/json host/commandline server/evidence server/experiment LIBS cli11)

# ---- apps: a main each.
app(airlock        apps/airlock        ROOMS core/base core/codec core/crypto core/package core/carton core/delta core/minimal core/entry core/slot core/update host/file host/json host/parallel host/sandbox host/text host/yaml host/terminal host/commandline trust/tuf trust/translog trust/x509 trust/doors engine/number engine/swap engine/elf engine/abi/type engine/abi/evm engine/abi/solana engine/abi/move engine/abi/clear engine/abi/pack engine/abi engine/fee/strategy engine/fee/policy engine/fee engine/fee/plugin/abi engine/fee/plugin publish/token publish/keys publish/ceremony publish/diff publish/release publish/object publish/packs publish/online device/platform device/fetch LIBS nlohmann_json cli11 curl)
app(airlock-server apps/airlock-server ROOMS core/base host/breaker host/file host/json host/text host/commandline server/store server/rollout server/experiment server/peer server/judge server/http server/dependency LIBS mimalloc)
app(airlock-device apps/airlock-device ROOMS core/base core/codec core/crypto core/package core/carton core/delta core/entry core/slot core/update core/link host/file host/json host/text host/yaml host/sandbox host/terminal host/commandline trust/tuf trust/translog trust/x509 trust/doors engine/swap engine/number engine/elf engine/abi/type engine/abi/evm engine/abi/clear engine/abi/pack engine/abi engine/fee/strategy engine/fee/policy engine/fee engine/fee/plugin/abi engine/fee/plugin device/loader device/platform device/fetch device/apply device/agent LIBS cli11 glibc)
app(airlock-fee-runner apps/airlock-fee-runner CONFINED ROOMS core/base host/sandbox engine/fee/plugin/abi)
app(airlock-fleet  apps/airlock-fleet  ROOMS core/base host/commandline host/file host/json host/terminal host/verdicts fleet)
app(airlock-tuf    apps/airlock-tuf    ROOMS core/base core/crypto host/file host/json host/text host/commandline trust/tuf LIBS curl)

# A wallet without an operating system, in bare builds alone.
app(airlock-mcu    apps/airlock-mcu    BARE ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update core/bare core/link)
