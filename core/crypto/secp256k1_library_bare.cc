// Where libsecp256k1 ends on bare metal when it was misused: that is a bug of ours.
#include "core/base/base.h"

extern "C" {
void secp256k1_default_illegal_callback_fn(const char* what, void* data);
void secp256k1_default_error_callback_fn(const char* what, void* data);
}

void secp256k1_default_illegal_callback_fn(const char*, void*) {
  AIRLOCK_CHECK(!"libsecp256k1 was misused");
}
void secp256k1_default_error_callback_fn(const char*, void*) {
  AIRLOCK_CHECK(!"libsecp256k1 is at fault");
}
