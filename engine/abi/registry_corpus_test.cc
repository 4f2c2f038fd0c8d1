// The registry of ERC-7730 as one pack: what is signed finds its descriptor by itself.
#include <gtest/gtest.h>

#include <set>

#include "engine/abi/clear/corpus_test.h"
#include "engine/abi/packs_test.h"

namespace airlock::abi {
namespace {

using json::Node;
using std::filesystem::path;

using clear::read_file;

class RegistryCorpus : public clear::Erc7730Corpus {
 protected:
  // Every descriptor with what it includes, bound where it says.
  std::vector<pack::Item> items() {
    for (const path& file : files_) {
      const std::string name = file.lexically_relative(root_).string();
      const bool is_descriptor = std::count(name.begin(), name.end(), '/') == 2 &&
                                 !file.filename().string().starts_with("common-");
      if (is_descriptor) add(name);
    }
    return std::move(items_);
  }

  void add(const std::string& name) {
    const auto include = [this](const std::string& included) -> Result<std::string> {
      keep(included);
      return read_file(root_ / included);
    };
    keep(name);
    const auto made =
        clear::Descriptor::read(read_file(root_ / name), name, clear::Reading::tolerant, include);
    ASSERT_TRUE(made) << name << ' ' << airlock::name(made.error().code);
    for (const std::string& place : made->places())
      items_.push_back({(made->is_for_calls() ? "clear/" : "typed/") + place + '/' + name, {}});
  }
  void keep(const std::string& name) {
    if (kept_.insert(name).second) items_.push_back(item("file/" + name, read_file(root_ / name)));
  }

  // The first screen of a case, by whatever the pack has for it.
  clear::Screen show(const Snapshot& snapshot, Node test) {
    if (const auto raw = test.member("rawTx")) {
      const auto bytes = type::read_hex(raw->as_text());
      const auto sent = evm::read_transaction(*bytes, evm::Signature::refused);
      EXPECT_TRUE(sent && sent->to && sent->chain_id);
      const std::vector<std::uint8_t> from(clear::kAddressSize, 0x55);
      return abi::show(snapshot,
                       Sending{*sent->chain_id, *sent->to, Bytes(from), sent->value, sent->data},
                       room_)
          .front();
    }
    const auto message = clear::TypedData::read(json::write(json::value_of(*test.member("data"))));
    EXPECT_TRUE(message);
    return abi::show(snapshot, Signing{*message}, room_).front();
  }

  std::set<std::string> kept_;
  std::vector<pack::Item> items_;
  std::vector<type::Node> room_ = std::vector<type::Node>(type::kTapeNodes);
};

TEST_F(RegistryCorpus, ServesAndShowsEveryCaseByTheDescriptorThatIsBoundToIt) {
  const auto snapshot = snapshot_of(items());
  const auto judged = judge(*snapshot, standard_loaders());
  EXPECT_TRUE(judged) << judged.error().key << ' ' << name(judged.error().error.code);
  int shown = 0;
  for (const path& file : files_) {
    if (file.parent_path().filename() != "testsv2") continue;
    const std::string json = read_file(file);
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree) << file;
    for (const Node test : tree->root().member("tests")->elements()) {
      const clear::Screen screen = show(*snapshot, test);
      EXPECT_TRUE(screen.is_clear) << file;
      EXPECT_EQ(screen.intent, test.member("expected")->member("intent")->as_text()) << file;
      ++shown;
    }
  }
  EXPECT_GT(shown, 0);
}

}  // namespace
}  // namespace airlock::abi
