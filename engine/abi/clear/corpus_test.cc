// The registry of ERC-7730, its cases and its auditors' attestations.
#include "engine/abi/clear/corpus_test.h"

namespace airlock::abi::clear {
namespace {

// What differs between a screen and what is expected of it, or nothing. The screens of nested
// calls are compared in turn.
std::string difference(Node expected, const Shown& shown) {
  std::vector<std::pair<Node, std::size_t>> open{{expected, 0}};
  while (!open.empty()) {
    const auto [wanted, place] = open.back();
    open.pop_back();
    const Screen& screen = shown.screens[place];
    const auto differs = [&](std::string_view key, std::string_view is) {
      return text(wanted, key) == is ? std::string()
                                     : std::string(key) + ": " + std::string(is) +
                                           ", expected: " + std::string(text(wanted, key));
    };
    if (auto found = differs("intent", screen.intent); !found.empty()) return found;
    if (place == 0)
      if (auto found = differs("interpolatedIntent", screen.sentence); !found.empty()) return found;
    if (wanted.member("owner"))
      if (auto found = differs("owner", screen.owner); !found.empty()) return found;
    const Node fields = *wanted.member("fields");
    if (fields.count() != screen.fields.size())
      return "fields: " + std::to_string(screen.fields.size());
    std::size_t at = 0;
    for (const Node field : fields.elements()) {
      const Field& is = screen.fields[at++];
      if (text(field, "label") != is.label) return "label: " + is.label;
      const Node value = *field.member("value");
      if (value.is_object()) {
        if (is.nested == 0) return is.label + ": not nested";
        open.emplace_back(value, is.nested);
      } else if (is.nested != 0 || value.as_text() != is.value) {
        return is.label + ": " + is.value + ", expected: " + std::string(value.as_text());
      }
    }
  }
  return {};
}

TEST_F(Erc7730Corpus, ShowsEveryCaseOfTheSecondVersionExactly) {
  FakeSource all;
  describe_all(all);
  int passed = 0, expected = 0, sentences = 0;
  for (const path& file : files_in("testsv2")) {
    const std::string json = read_file(file);
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree) << file;
    FakeSource source = all;
    if (const auto data = tree->root().member("dataProvider")) source.add(*data);
    const Descriptor* const described =
        descriptor(file.parent_path() / text(tree->root(), "descriptor"));
    for (const Node test : tree->root().member("tests")->elements()) {
      ++expected;
      const std::string what =
          file.lexically_relative(root_).string() + ": " + std::string(text(test, "description"));
      const auto made = show(test, described, source);
      if (!made) {
        ADD_FAILURE() << what << ": " << name(made.error().code) << ' ' << made.error().at;
        continue;
      }
      const std::string found = difference(*test.member("expected"), made->shown);
      EXPECT_EQ(found, "") << what;
      passed += found.empty() ? 1 : 0;
      sentences += made->shown.front().sentence.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(expected, 0);
  EXPECT_EQ(passed, expected);
  EXPECT_GT(sentences, 0);
  RecordProperty("vectors", passed);
}

// Files that others include have no context, and are no descriptors by themselves.
TEST_F(Erc7730Corpus, ReadsEveryDescriptorAndTellsAPublisherWhatToCorrect) {
  int passed = 0, expected = 0, strict = 0;
  for (const path& file : files_in("")) {
    if (file.filename().string().starts_with("common-")) continue;
    ++expected;
    passed += descriptor(file) != nullptr ? 1 : 0;
    const auto made = read(file, Reading::strict);
    if (made)
      ++strict;
    else
      std::printf("a publisher corrects %s: %s, format %d\n", file.filename().c_str(),
                  std::string(name(made.error().code)).c_str(), static_cast<int>(made.error().at));
  }
  EXPECT_GT(expected, 0);
  EXPECT_EQ(passed, expected);
  EXPECT_GT(strict, expected / 2);
  RecordProperty("vectors", passed);
}

TEST_F(Erc7730Corpus, AgreesWithEachAttestedDigest) {
  int passed = 0;
  const std::vector<path> files = files_in("sigs");
  for (const path& file : files) {
    const std::string json = read_file(file);
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree) << file;
    const Node message = *tree->root().member("sig")->member("message");
    // "calldata-x.eip155-1-0x...json" attests "calldata-x.json".
    const std::string own = file.filename().string();
    const path attested =
        file.parent_path().parent_path() / (own.substr(0, own.find(".eip155")) + ".json");
    const auto digest = descriptor_digest(read_file(attested));
    ASSERT_TRUE(digest) << attested;
    std::string hex;
    type::append_hex(hex, digest->bytes);
    EXPECT_EQ(hex, text(message, "data")) << file;
    passed += hex == text(message, "data") ? 1 : 0;
  }
  EXPECT_FALSE(files.empty());
  EXPECT_EQ(static_cast<std::size_t>(passed), files.size());
  RecordProperty("vectors", passed);
}

}  // namespace
}  // namespace airlock::abi::clear
