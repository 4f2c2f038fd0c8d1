// The registry of ERC-7730, as the tests of this room read it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "engine/abi/clear/clear.h"
#include "engine/abi/clear/fake_source.h"
#include "engine/abi/evm/transaction.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::clear {

using json::Node;
using std::filesystem::path;

inline std::string read_file(const path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline std::string_view text(Node node, std::string_view key) {
  const auto member = node.member(key);
  return member && member->is_text() ? member->as_text() : std::string_view();
}

class Erc7730Corpus : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fakes::corpus_file("abi/erc7730");
    if (!std::filesystem::exists(root_ / "registry"))
      GTEST_SKIP() << "no corpus abi/erc7730: name its folder in AIRLOCK_CORPUS";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "registry"))
      if (entry.path().extension() == ".json") files_.insert(entry.path());
  }

  // Files of a folder of every project: "" for the descriptors themselves.
  std::vector<path> files_in(std::string_view folder) const {
    std::vector<path> found;
    for (const path& file : files_) {
      const path relative = file.lexically_relative(root_ / "registry");
      const bool is_in = folder.empty() ? std::distance(relative.begin(), relative.end()) == 2
                                        : file.parent_path().filename() == folder;
      if (is_in) found.push_back(file);
    }
    return found;
  }

  Result<Descriptor> read(const path& file, Reading reading = Reading::tolerant) const {
    const Include include = [this](const std::string& name) -> Result<std::string> {
      return read_file(root_ / name);
    };
    return Descriptor::read(read_file(file), file.lexically_relative(root_).string(), reading,
                            include);
  }

  const Descriptor* descriptor(const path& file) {
    const path normal = file.lexically_normal();
    const auto found = read_.find(normal);
    if (found != read_.end()) return &found->second;
    auto made = read(normal);
    EXPECT_TRUE(made) << file << ' ' << name(made.error().code) << ' ' << made.error().at;
    return made ? &read_.emplace(normal, std::move(*made)).first->second : nullptr;
  }

  // Every descriptor of calls, for calls inside of others.
  void describe_all(FakeSource& source) {
    for (const path& file : files_in(""))
      if (file.filename().string().starts_with("calldata-"))
        if (const Descriptor* made = descriptor(file)) source.descriptors.push_back(made);
  }

  struct Made {
    Shown shown;
    std::string fee;  // the most that the transaction pays for its gas
    std::string network;
  };

  // Shows one case of either kind, signed by whom it says, or else by `otherwise`. Errors: why it
  // cannot be read.
  Result<Made> show(Node test, const Descriptor* descriptor, const FakeSource& source,
                    evm::Signature signature = evm::Signature::refused,
                    std::optional<Bytes> otherwise = std::nullopt) {
    std::vector<std::uint8_t> from;
    if (const auto read = type::read_hex(text(test, "from"))) from = *read;
    const std::optional<Bytes> sender = from.empty() ? otherwise : std::optional<Bytes>(from);
    if (const auto raw = test.member("rawTx")) {
      AIRLOCK_ASSIGN(const auto bytes, type::read_hex(raw->as_text()));
      AIRLOCK_ASSIGN(const evm::Transaction sent, evm::read_transaction(bytes, signature));
      if (!sent.to || !sent.chain_id) return fail(Code::bad_value);
      const Call call{*sent.chain_id, *sent.to, sender, sent.value, sent.data};
      Made made{show_call(descriptor, call, source, tape_), "", ""};
      number::append_scaled(made.fee, times(sent.fee_per_gas_max, sent.gas_limit), 18);
      if (const auto chain = source.chain(*sent.chain_id)) {
        made.fee += chain->symbol;
        made.network = chain->name;
      }
      return made;
    }
    AIRLOCK_ASSIGN(const TypedData message,
                   TypedData::read(json::write(json::value_of(*test.member("data")))));
    return Made{show_message(descriptor, message, sender, source, tape_), "", ""};
  }

  static number::U256 times(const number::U256& fee, std::uint64_t gas) {
    const std::uint64_t low = (fee.limbs[0] & 0xffff'ffff) * gas, high = (fee.limbs[0] >> 32) * gas;
    number::U256 made(low + (high << 32));
    made.limbs[1] = (high >> 32) + (made.limbs[0] < low ? 1 : 0);
    return made;
  }

  path root_;
  std::set<path> files_;
  std::map<path, Descriptor> read_;
  std::vector<type::Node> nodes_{type::kTapeNodes};
  type::Tape tape_{nodes_};
};

}  // namespace airlock::abi::clear
