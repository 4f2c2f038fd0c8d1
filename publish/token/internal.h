// What the sources of this room share. Private to the room.
#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <memory>
#include <mutex>
#include <vector>

#include "publish/token/token.h"

namespace airlock::token {

template <auto kFree>
struct Freed {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};

struct Uri::Parsed {
  std::unique_ptr<P11KitUri, Freed<p11_kit_uri_free>> uri;
};

// error_of turns what a module answered into a code of ours.
Error error_of(CK_RV answered);
inline Status checked(CK_RV answered) {
  if (answered == CKR_OK) return {};
  return std::unexpected(error_of(answered));
}

// A module that was loaded and initialized; ended by its owner's end.
class Module {
 public:
  // load_all loads the module that a URI names, or every registered one.
  static Result<std::vector<std::shared_ptr<Module>>> load_all(const Uri& uri);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  CK_FUNCTION_LIST& call() const { return *functions_; }

 private:
  explicit Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  static Result<std::shared_ptr<Module>> started(CK_FUNCTION_LIST* functions);
  CK_FUNCTION_LIST* functions_;
};

// A token in its slot, and the sessions that are open in it. Safe for several threads.
class Slot {
 public:
  Slot(std::shared_ptr<Module> module, CK_SLOT_ID id) : module_(std::move(module)), id_(id) {}
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  CK_FUNCTION_LIST& call() const { return module_->call(); }
  // login is once for all sessions, and lasts while one is open; those that follow have its access.
  enum class Access : std::uint8_t { read, write };
  Status login(Bytes pin, Access access);
  bool is_present() const;

  // A session is one thread's at a time; given back, it serves the next.
  Result<CK_SESSION_HANDLE> take_session();
  void give_back(CK_SESSION_HANDLE session);
  void drop(CK_SESSION_HANDLE session) const;

 private:
  Result<CK_SESSION_HANDLE> opened() const;

  std::shared_ptr<Module> module_;
  CK_SLOT_ID id_;
  CK_SESSION_HANDLE first_ = CK_INVALID_HANDLE;  // keeps the login
  Access access_ = Access::read;
  std::mutex mutex_;
  std::vector<CK_SESSION_HANDLE> idle_;
};

// find_slot returns the one slot whose token a URI fits: token_missing otherwise.
Result<std::shared_ptr<Slot>> find_slot(const Uri& uri);

// A session for one scope.
class Session {
 public:
  static Result<Session> in(std::shared_ptr<Slot> slot);
  ~Session();
  Session(Session&& other) noexcept
      : slot_(std::move(other.slot_)), handle_(other.handle_), is_broken_(other.is_broken_) {}
  Session& operator=(Session&&) = delete;

  CK_SESSION_HANDLE handle() const { return handle_; }
  CK_FUNCTION_LIST& call() const { return slot_->call(); }
  // What fails half way leaves an operation open: such a session is not used again.
  void mark_broken() { is_broken_ = true; }

 private:
  Session(std::shared_ptr<Slot> slot, CK_SESSION_HANDLE handle)
      : slot_(std::move(slot)), handle_(handle) {}
  std::shared_ptr<Slot> slot_;
  CK_SESSION_HANDLE handle_;
  bool is_broken_ = false;
};

struct Key::Opened {
  std::shared_ptr<Slot> slot;
  CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
  Curve curve = Curve::ed25519;
  file::Buffer point;
};

// The DER of CKA_EC_PARAMS for a curve.
Bytes params_of(Curve curve);

}  // namespace airlock::token
