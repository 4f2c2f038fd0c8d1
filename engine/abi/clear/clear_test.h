// Descriptors and calls for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include "engine/abi/clear/clear.h"
#include "engine/abi/clear/fake_source.h"
#include "engine/abi/evm/encode.h"
#include "engine/abi/evm/load.h"

namespace airlock::abi::clear {

inline constexpr std::string_view kHere = "0x1111111111111111111111111111111111111111";
inline constexpr std::string_view kOther = "0x2222222222222222222222222222222222222222";
inline constexpr std::string_view kToken = "0x3333333333333333333333333333333333333333";
inline constexpr std::string_view kHead = R"("$schema":"https://x/erc7730-v2.schema.json",)";
inline constexpr std::string_view kBound =
    R"("context":{"contract":{"deployments":[{"chainId":1,"address":"0x1111111111111111111111111111111111111111"}]}},)";

inline Result<std::string> nothing(const std::string&) { return fail(Code::bad_descriptor); }

// The rest of a descriptor, after its schema and context.
inline Result<Descriptor> described(std::string_view rest, Reading reading = Reading::tolerant,
                                    std::string_view context = kBound) {
  return Descriptor::read("{" + std::string(kHead) + std::string(context) + std::string(rest) + "}",
                          "a.json", reading, nothing);
}

inline std::string format(std::string_view signature, std::string_view fields,
                          std::string_view more = "") {
  return R"("display":{"formats":{")" + std::string(signature) + R"(":{"intent":"Do",)" +
         std::string(more) + R"("fields":[)" + std::string(fields) + "]}}}";
}

inline std::vector<std::uint8_t> call_of(std::string_view signature, std::string_view arguments) {
  const auto map = evm::load_signatures({&signature, 1}, "");
  const auto tree = json::Tree::parse(arguments, arguments.size());
  return *evm::encode_call(map->map(), (*map)->entries()[0], tree->root());
}

class Clear : public testing::Test {
 protected:
  Shown show(const Descriptor& descriptor, Bytes data, std::string_view to = kHere,
             std::uint64_t value = 0) {
    to_ = FakeSource::key(to);
    const Call call{.chain_id = 1, .to = to_, .value = value, .data = data};
    return show_call(&descriptor, call, source_, tape_);
  }
  // Shows one call of one format; the descriptor must be right.
  Shown show(std::string_view signature, std::string_view fields, std::string_view arguments,
             std::string_view more = "", std::string_view metadata = "") {
    made_ = described(std::string(metadata) + format(signature, fields, more));
    EXPECT_TRUE(made_) << name(made_.error().code);
    data_ = call_of(signature, arguments);
    return show(*made_, data_);
  }

  FakeSource source_;
  FakeSource::Key to_{};
  Result<Descriptor> made_ = fail(Code::bad_descriptor);
  std::vector<std::uint8_t> data_;
  std::vector<type::Node> nodes_{4096};
  type::Tape tape_{nodes_};
};

}  // namespace airlock::abi::clear
