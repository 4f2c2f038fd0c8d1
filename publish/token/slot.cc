#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "publish/token/internal.h"

namespace airlock::token {
namespace {

std::atomic<bool> g_has_loaded = false;

constexpr std::size_t kModulesMax = 32;

bool fits(const Uri& uri, const Module& module, CK_SLOT_ID id) {
  CK_SLOT_INFO slot{};
  CK_TOKEN_INFO token{};
  CK_INFO info{};
  P11KitUri* wanted = uri.parsed().uri.get();
  CK_FUNCTION_LIST& call = module.call();
  const CK_SLOT_ID wanted_id = p11_kit_uri_get_slot_id(wanted);
  return call.C_GetInfo(&info) == CKR_OK && call.C_GetSlotInfo(id, &slot) == CKR_OK &&
         call.C_GetTokenInfo(id, &token) == CKR_OK && (token.flags & CKF_TOKEN_INITIALIZED) != 0 &&
         (wanted_id == static_cast<CK_SLOT_ID>(-1) || wanted_id == id) &&
         p11_kit_uri_match_module_info(wanted, &info) == 1 &&
         p11_kit_uri_match_slot_info(wanted, &slot) == 1 &&
         p11_kit_uri_match_token_info(wanted, &token) == 1;
}

}  // namespace

Error error_of(CK_RV answered) {
  switch (answered) {
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN: return {Code::token_gone, answered};
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_LOCKED: return {Code::wrong_passphrase, answered};
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_MECHANISM_INVALID: return {Code::key_too_weak, answered};
    default: return {Code::token_failed, answered};
  }
}

Result<std::shared_ptr<Module>> Module::started(CK_FUNCTION_LIST* functions) {
  if (functions == nullptr) return fail(Code::token_missing);
  if (const CK_RV answered = p11_kit_module_initialize(functions); answered != CKR_OK) {
    p11_kit_module_release(functions);
    return std::unexpected(error_of(answered));
  }
  return std::shared_ptr<Module>(new Module(functions));
}

Module::~Module() {
  p11_kit_module_finalize(functions_);
  p11_kit_module_release(functions_);
}

Result<std::vector<std::shared_ptr<Module>>> Module::load_all(const Uri& uri) {
  g_has_loaded = true;
  std::vector<std::shared_ptr<Module>> modules;
  if (const char* path = p11_kit_uri_get_module_path(uri.parsed().uri.get()); path != nullptr) {
    AIRLOCK_ASSIGN(auto module, started(p11_kit_module_load(path, 0)));
    modules.push_back(std::move(module));
    return modules;
  }
  CK_FUNCTION_LIST** listed = p11_kit_modules_load(nullptr, 0);
  for (std::size_t i = 0; listed != nullptr && listed[i] != nullptr && i < kModulesMax; ++i) {
    auto module = started(listed[i]);  // one that does not start must not hide the others
    if (module) modules.push_back(std::move(*module));
  }
  free(static_cast<void*>(listed));
  return modules;
}

Result<std::shared_ptr<Slot>> find_slot(const Uri& uri) {
  AIRLOCK_ASSIGN(const auto modules, Module::load_all(uri));
  std::shared_ptr<Slot> found;
  for (const auto& module : modules) {
    std::array<CK_SLOT_ID, kSlotsMax> ids{};
    CK_ULONG count = ids.size();
    if (module->call().C_GetSlotList(CK_TRUE, ids.data(), &count) != CKR_OK) continue;
    for (const CK_SLOT_ID id : std::span(ids).first(std::min<std::size_t>(count, kSlotsMax))) {
      if (!fits(uri, *module, id)) continue;
      if (found) return fail(Code::token_missing, 2);
      found = std::make_shared<Slot>(module, id);
    }
  }
  if (!found) return fail(Code::token_missing);
  return found;
}

Slot::~Slot() {
  for (const CK_SESSION_HANDLE session : idle_) drop(session);
  if (first_ != CK_INVALID_HANDLE) drop(first_);
}

Result<CK_SESSION_HANDLE> Slot::opened() const {
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (access_ == Access::write ? CKF_RW_SESSION : 0);
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  AIRLOCK_TRY(checked(call().C_OpenSession(id_, flags, nullptr, nullptr, &session)));
  return session;
}

Status Slot::login(Bytes pin, Access access) {
  if (pin.empty()) return fail(Code::no_passphrase);
  if (pin.size() > kPinSizeMax) return fail(Code::wrong_passphrase);
  access_ = access;
  AIRLOCK_ASSIGN(first_, opened());
  std::array<CK_UTF8CHAR, kPinSizeMax> copy;  // the call takes no constant
  std::ranges::copy(pin, copy.begin());
  const CK_RV answered = call().C_Login(first_, CKU_USER, copy.data(), pin.size());
  explicit_bzero(copy.data(), copy.size());
  if (answered == CKR_USER_ALREADY_LOGGED_IN) return {};
  return checked(answered);
}

bool Slot::is_present() const {
  CK_SLOT_INFO slot{};
  CK_TOKEN_INFO token{};
  return call().C_GetSlotInfo(id_, &slot) == CKR_OK && (slot.flags & CKF_TOKEN_PRESENT) != 0 &&
         call().C_GetTokenInfo(id_, &token) == CKR_OK;
}

Result<CK_SESSION_HANDLE> Slot::take_session() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      const CK_SESSION_HANDLE session = idle_.back();
      idle_.pop_back();
      return session;
    }
  }
  return opened();
}

void Slot::give_back(CK_SESSION_HANDLE session) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(session);
}

void Slot::drop(CK_SESSION_HANDLE session) const { call().C_CloseSession(session); }

Result<Session> Session::in(std::shared_ptr<Slot> slot) {
  AIRLOCK_ASSIGN(const CK_SESSION_HANDLE handle, slot->take_session());
  return Session(std::move(slot), handle);
}

Session::~Session() {
  if (slot_ == nullptr) return;
  if (is_broken_) {
    slot_->drop(handle_);
  } else {
    slot_->give_back(handle_);
  }
}

bool has_loaded_modules() { return g_has_loaded; }
void note_module() { g_has_loaded = true; }

}  // namespace airlock::token
