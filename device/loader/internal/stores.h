// Where the two loaders keep their variables.
#pragma once

#include <vector>

#include "device/loader/loader.h"

namespace airlock::loader {

// Errors of both: loader_unreadable, and those of the disk.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::vector<Variable>> read() const = 0;
  // write sets variables, and takes those away that are empty.
  virtual Status write(const std::vector<Variable>& changes) = 0;
};

class GrubStore final : public Store {
 public:
  explicit GrubStore(file::Path path) : path_(std::move(path)) {}
  Result<std::vector<Variable>> read() const override;
  Status write(const std::vector<Variable>& changes) override;

 private:
  file::Path path_;
};

class UBootStore final : public Store {
 public:
  explicit UBootStore(file::Path config) : config_(std::move(config)) {}
  Result<std::vector<Variable>> read() const override;
  Status write(const std::vector<Variable>& changes) override;

 private:
  file::Path config_;
};

// The variables that are ours, in the order in which they are read and written.
inline constexpr std::string_view kActiveName = "airlock_active";      // a, b
inline constexpr std::string_view kTrialName = "airlock_trial";        // 0 to 10; absent: none
inline constexpr std::string_view kManifestName = "airlock_manifest";  // 64 hexadecimal digits
inline constexpr std::string_view kStartName = "airlock_start";        // the kernel's boot id

}  // namespace airlock::loader
