// Payloads from the package that is a part of this program.
#pragma once

#include <optional>

#include "core/base/bytes_source.h"
#include "core/carton/carton.h"
#include "device/apply/apply.h"

namespace airlock::agent {

class BuiltInArtifacts final : public apply::Artifacts {
 public:
  // A session may have begun in a program that brought one: without it nothing is found.
  explicit BuiltInArtifacts(const carton::Carton* carton) : carton_(carton) {}

  Result<Source*> open(const package::Payload& payload) override {
    if (carton_ == nullptr) return fail(Code::not_found);
    AIRLOCK_ASSIGN(const Bytes bytes, carton_->payload(payload.digest));
    open_.emplace(bytes);
    return &*open_;
  }
  bool is_stream() const override { return false; }

 private:
  const carton::Carton* carton_;
  std::optional<BytesSource> open_;
};

}  // namespace airlock::agent
