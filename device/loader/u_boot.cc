// U-Boot's environment, by libubootenv: one copy or two with a checksum each, of which the older
// one is written.
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <utility>
// Needs size_t from before.
#include <libuboot.h>

#include "device/loader/internal/stores.h"

namespace airlock::loader {
namespace {

// The library's handle, opened and closed with what it read.
class Opened {
 public:
  static Result<Opened> open(const file::Path& config) {
    std::error_code error;
    if (!std::filesystem::exists(config, error)) return fail(Code::not_found);
    Opened made;
    if (libuboot_initialize(&made.context_, nullptr) < 0) return fail(Code::io_failed);
    if (libuboot_read_config(made.context_, config.c_str()) < 0) {
      return fail(Code::loader_unreadable);
    }
    made.is_open_ = true;  // also where it fails: closing is what gives its lock back
    if (libuboot_open(made.context_) < 0) return fail(Code::loader_unreadable);
    return made;
  }
  Opened(Opened&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), is_open_(other.is_open_) {}
  Opened& operator=(Opened&&) = delete;
  ~Opened() {
    if (context_ == nullptr) return;
    if (is_open_) libuboot_close(context_);
    libuboot_exit(context_);
  }

  std::string get(std::string_view name) const {
    struct Free {
      void operator()(char* text) const { std::free(text); }
    };
    const std::unique_ptr<char, Free> text(libuboot_get_env(context_, std::string(name).c_str()));
    return text ? std::string(text.get()) : std::string();
  }
  Status set(const Variable& variable) {
    const char* const value = variable.value.empty() ? nullptr : variable.value.c_str();
    if (libuboot_set_env(context_, variable.name.c_str(), value) != 0) return fail(Code::oversized);
    return {};
  }
  Status store() {
    if (libuboot_env_store(context_) < 0) return fail(Code::io_failed);
    ::sync();  // which devices it wrote, and whether it waited for them, it keeps to itself
    return {};
  }

 private:
  Opened() = default;
  uboot_ctx* context_ = nullptr;
  bool is_open_ = false;
};

}  // namespace

Result<std::vector<Variable>> UBootStore::read() const {
  AIRLOCK_ASSIGN(const Opened opened, Opened::open(config_));
  std::vector<Variable> variables;
  for (const std::string_view name : {kActiveName, kTrialName, kManifestName, kStartName}) {
    std::string value = opened.get(name);
    if (!value.empty()) variables.push_back({std::string(name), std::move(value)});
  }
  return variables;
}

Status UBootStore::write(const std::vector<Variable>& changes) {
  AIRLOCK_ASSIGN(Opened opened, Opened::open(config_));
  for (const Variable& change : changes) AIRLOCK_TRY(opened.set(change));
  return opened.store();
}

}  // namespace airlock::loader
