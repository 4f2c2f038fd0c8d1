// A PKCS#11 module whose token hangs while it signs or logs in, and says that it is gone: what a
// module does whose card is pulled out in the middle. All else is SoftHSM's. It behaves so from the
// moment when the file named in FAKE_TOKEN_PULLED is there; where FAKE_TOKEN_PULLED_BY_SIGNING is
// set, the first signature puts it there.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace {

CK_FUNCTION_LIST_PTR g_real = nullptr;

bool is_pulled() {
  const char* path = std::getenv("FAKE_TOKEN_PULLED");
  return path != nullptr && access(path, F_OK) == 0;
}

void pull() {
  if (std::getenv("FAKE_TOKEN_PULLED_BY_SIGNING") == nullptr) return;
  std::ofstream(std::getenv("FAKE_TOKEN_PULLED")) << "1";
}

CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR signature,
           CK_ULONG_PTR signature_size) {
  pull();
  while (is_pulled()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return g_real->C_Sign(session, data, size, signature, signature_size);
}

CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  while (is_pulled()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return g_real->C_Login(session, user, pin, size);
}

CK_RV slot_info(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info) {
  const CK_RV answered = g_real->C_GetSlotInfo(slot, info);
  if (answered == CKR_OK && is_pulled()) info->flags &= ~static_cast<CK_FLAGS>(CKF_TOKEN_PRESENT);
  return answered;
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  const char* path = std::getenv("FAKE_TOKEN_MODULE");
  void* module = path == nullptr ? nullptr : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(dlsym(module, "C_GetFunctionList"));
  if (get == nullptr || get(&g_real) != CKR_OK) return CKR_GENERAL_ERROR;
  static CK_FUNCTION_LIST fake = *g_real;
  fake.C_Sign = &sign;
  fake.C_Login = &login;
  fake.C_GetSlotInfo = &slot_info;
  *list = &fake;
  return CKR_OK;
}
