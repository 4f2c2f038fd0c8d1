# The architecture, top to bottom: each room, and the rooms above it that it may include.
#
#   room(<folder> [ROOMS <room> ...] [LIBS <library> ...] [HOST])
#
# A room is a folder, a namespace, a CMake target (slashes become underscores) and, where a
# *_test.cc stands in it, a test binary. HOST rooms need an operating system; the others are
# freestanding and compile for Cortex-M too. tools/check_rooms.py holds every #include against
# this file: an include that is not listed here, or that points down the page, fails the tests.

# ---- core: freestanding. No heap, exceptions, RTTI, I/O, clock, randomness or mutable globals.
room(core/base)
room(core/codec     ROOMS core/base)
room(core/crypto    ROOMS core/base)
room(core/package   ROOMS core/base core/codec core/crypto)
room(core/delta     ROOMS core/base core/codec core/crypto core/package)
room(core/slot      ROOMS core/base core/codec core/crypto core/package)
room(core/update    ROOMS core/base core/codec core/crypto core/package core/slot)

# ---- host: what every process on an operating system needs, and nothing about updates.
room(host/file      HOST ROOMS core/base core/crypto)
room(host/json      HOST ROOMS core/base LIBS nlohmann_json)
room(host/parallel  HOST ROOMS core/base)
room(host/text      HOST ROOMS core/base core/crypto)
room(host/terminal  HOST ROOMS core/base host/text)
room(host/commandline HOST ROOMS core/base host/text LIBS cli11)

# ---- trust: the repository door.
room(trust/tuf      HOST ROOMS core/base core/codec core/crypto host/file host/json host/text LIBS nlohmann_json crypto)

# Where the repository door and the package door are held against each other.
room(trust/doors    HOST ROOMS core/base core/crypto core/package trust/tuf)

# ---- publish: signing happens here and nowhere else.
room(publish/keys    HOST ROOMS core/base core/codec core/crypto core/package host/file host/text host/terminal LIBS crypto secp256k1)
room(publish/diff    HOST ROOMS core/base core/crypto core/package core/delta host/parallel LIBS divsufsort)
room(publish/release HOST ROOMS core/base core/codec core/crypto core/package core/delta host/file host/json host/parallel host/text trust/tuf trust/doors publish/keys publish/diff LIBS crypto)

# ---- server: hands out. It can sign nothing.
room(server/store    HOST ROOMS core/base core/crypto core/package host/file host/json host/text LIBS sqlite3)
room(server/rollout  HOST ROOMS core/base core/crypto core/package host/file host/json host/text trust/tuf server/store)
room(server/http     HOST ROOMS core/base core/crypto core/package host/file host/json host/text trust/tuf server/store server/rollout LIBS crypto ssl boost)

# ---- device: does.
room(device/platform HOST ROOMS core/base core/codec core/crypto core/package core/slot host/file host/json host/text LIBS crypto)
room(device/fetch    HOST ROOMS core/base core/crypto core/package core/delta host/file host/json host/text trust/tuf device/platform LIBS curl)
room(device/apply    HOST ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update host/file host/parallel device/platform device/fetch)
room(device/agent    HOST ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update host/file host/json host/text trust/tuf trust/doors device/platform device/fetch device/apply)

# ---- tests: only what spans rooms.
room(tests/fakes     HOST ROOMS core/base core/codec core/crypto core/package core/slot host/file LIBS crypto secp256k1)
room(tests/powercut  HOST ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update tests/fakes)

# ---- apps: a main each.
app(airlock        apps/airlock        ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update host/file host/json host/parallel host/text host/terminal host/commandline trust/tuf publish/keys publish/diff publish/release device/platform LIBS cli11 curl)
app(airlock-server apps/airlock-server ROOMS core/base host/file host/json host/text host/commandline server/store server/rollout server/http LIBS cli11)
app(airlock-device apps/airlock-device ROOMS core/base core/codec core/crypto core/package core/delta core/slot core/update host/file host/json host/text host/terminal host/commandline trust/tuf device/platform device/fetch device/apply device/agent LIBS cli11)
