# libsecp256k1 for bare metal, from Debian's source as tools/fetch_source.sh brings it: a backend that a program may link before
# core/crypto, whose own code then is left out (docs/decisions/0034). Verification alone is ever taken of it.
set(AIRLOCK_SECP256K1_SOURCE "${PROJECT_SOURCE_DIR}/build/sources/libsecp256k1-0.2.0" CACHE PATH "source of libsecp256k1")
if(NOT AIRLOCK_BARE OR NOT EXISTS ${AIRLOCK_SECP256K1_SOURCE}/src/secp256k1.c)
  return()
endif()

enable_language(C)
add_library(airlock_secp256k1 STATIC core/crypto/secp256k1_library.cc core/crypto/secp256k1_library_bare.cc
  ${AIRLOCK_SECP256K1_SOURCE}/src/secp256k1.c ${AIRLOCK_SECP256K1_SOURCE}/src/precomputed_ecmult.c)
target_include_directories(airlock_secp256k1 PRIVATE ${PROJECT_SOURCE_DIR} ${AIRLOCK_SECP256K1_SOURCE}/include)
# A window of 4 is a table of 512 bytes more than the least, and saves a sixth of the instructions. Misuse ends in a function of
# ours, so that nothing is printed.
target_compile_definitions(airlock_secp256k1 PRIVATE ECMULT_WINDOW_SIZE=4 ECMULT_GEN_PREC_BITS=2 USE_EXTERNAL_DEFAULT_CALLBACKS)
target_compile_options(airlock_secp256k1 PRIVATE $<$<COMPILE_LANGUAGE:C>:-w> $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
