// The registry of ERC-7730, its cases and its auditors' attestations.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "engine/abi/clear/clear.h"
#include "engine/abi/clear/fake_source.h"
#include "engine/abi/evm/transaction.h"
#include "tests/fakes/corpus.h"

namespace airlock::abi::clear {
namespace {

using json::Node;
using std::filesystem::path;

std::string read_file(const path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string_view text(Node node, std::string_view key) {
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

  struct Shown2 {
    Shown shown;
    std::string fee;  // the most that the transaction pays for its gas
    std::string network;
  };

  // Shows one case of either kind. Errors: why it cannot be read.
  Result<Shown2> show(Node test, const Descriptor* descriptor, const FakeSource& source,
                      evm::Signature signature = evm::Signature::refused) {
    std::vector<std::uint8_t> from;
    if (const auto read = type::read_hex(text(test, "from"))) from = *read;
    const std::optional<Bytes> sender = from.empty() ? std::nullopt : std::optional<Bytes>(from);
    if (const auto raw = test.member("rawTx")) {
      AIRLOCK_ASSIGN(const auto bytes, type::read_hex(raw->as_text()));
      AIRLOCK_ASSIGN(const evm::Transaction sent, evm::read_transaction(bytes, signature));
      if (!sent.to || !sent.chain_id) return fail(Code::bad_value);
      const Call call{*sent.chain_id, *sent.to, sender, sent.value, sent.data};
      Shown2 made{show_call(descriptor, call, source, tape_), "", ""};
      number::append_scaled(made.fee, times(sent.fee_per_gas_max, sent.gas_limit), 18);
      if (const auto chain = source.chain(*sent.chain_id)) {
        made.fee += chain->symbol;
        made.network = chain->name;
      }
      return made;
    }
    AIRLOCK_ASSIGN(const TypedData message,
                   TypedData::read(json::write(json::value_of(*test.member("data")))));
    return Shown2{show_message(descriptor, message, sender, source, tape_), "", ""};
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

// What a device shows, as the texts of a case have it: without spaces, since its screens break
// lines anywhere, and dates in its own form.
std::string squeezed(std::string_view text) {
  std::string made;
  for (const char c : text)
    if (c != ' ') made += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return made;
}

// "2027-01-01 12:00:00 AM UTC" and "2026-05-13T16:00:59Z" as we write dates.
std::string with_our_dates(std::string text) {
  static const std::regex kHalves("(\\d{4}-\\d\\d-\\d\\d)(\\d\\d)(:\\d\\d:\\d\\d)(am|pm)utc");
  static const std::regex kWhole("(\\d{4}-\\d\\d-\\d\\d)t(\\d\\d:\\d\\d:\\d\\dz)");
  std::smatch found;
  while (std::regex_search(text, found, kHalves)) {
    const int hour = std::stoi(found[2]) % 12 + (found[4] == "pm" ? 12 : 0);
    const std::string made =
        found[1].str() + (hour < 10 ? "0" : "") + std::to_string(hour) + found[3].str() + 'z';
    text = found.prefix().str() + made + found.suffix().str();
  }
  return std::regex_replace(text, kWhole, "$1$2");
}

// Whether all that a device shows is in what we show: each text as a whole, in any place.
std::vector<std::string> missing(Node texts, const Shown& shown, std::string_view fee,
                                 std::string_view network) {
  std::string ours;
  for (const Screen& screen : shown.screens) {
    ours += squeezed(screen.intent) + "|interactionwith" + squeezed(screen.owner);
    // The address that a name stands for may be shown in its place.
    std::string other = "|";
    for (const Field& field : screen.fields) {
      ours += squeezed(field.label) + squeezed(field.value);
      other += squeezed(field.label) + squeezed(field.detail.empty() ? field.value : field.detail);
    }
    ours += "network" + squeezed(network) + other;
  }
  ours += "|maxfees" + squeezed(fee);
  std::vector<std::string> left;
  for (const Node one : texts.elements()) {
    std::string wanted = with_our_dates(squeezed(one.as_text()));
    // What a device cuts, it marks.
    if (const std::size_t cut = wanted.rfind("...more"); cut != std::string::npos)
      wanted.resize(cut);
    if (ours.find(wanted) == std::string::npos) left.push_back(std::string(one.as_text()));
  }
  return left;
}

// Cases that say no descriptor: it has the name of the file, without ".tests".
TEST_F(Erc7730Corpus, ShowsWhatDevicesShowInTheCasesOfTheFirstVersion) {
  FakeSource source;
  describe_all(source);
  for (const path& file : files_in("testsv2")) {
    const std::string json = read_file(file);
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree) << file;
    if (const auto data = tree->root().member("dataProvider")) source.add(*data);
  }
  std::string excepted;
  int passed = 0, texts = 0, left = 0;
  for (const path& file : files_in("tests")) {
    const std::string json = read_file(file);
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree) << file;
    const std::string own = file.filename().string();
    const Descriptor* const described = descriptor(
        file.parent_path().parent_path() / (own.substr(0, own.find(".tests.json")) + ".json"));
    std::size_t at = 0;
    for (const Node test : tree->root().member("tests")->elements()) {
      const std::string what =
          file.lexically_relative(root_ / "registry").string() + " [" + std::to_string(at++) + ']';
      const Node wanted = *test.member("expectedTexts");
      const auto made = show(test, described, source, evm::Signature::passed_over);
      const Warnings why = made ? made->shown.front().warnings : Warnings();
      if (!made || why.has(Warning::not_bound)) {
        // A domain that the descriptor does not ask for is never formatted by it, whatever others
        // do.
        if (!made) texts += static_cast<int>(wanted.count());
        if (!made) left += static_cast<int>(wanted.count());
        excepted += what + '|' + std::string(made ? "not_bound" : name(made.error().code)) + '\n';
        continue;
      }
      const auto gone = missing(wanted, made->shown, made->fee, made->network);
      const auto needs_data = [](const std::string& one) {
        return one.find("???") != std::string::npos;  // the device knew no such token
      };
      const auto unknown = std::count_if(gone.begin(), gone.end(), needs_data);
      texts += static_cast<int>(wanted.count()) - static_cast<int>(unknown);
      left += static_cast<int>(gone.size()) - static_cast<int>(unknown);
      if (gone.empty()) {
        ++passed;
        continue;
      }
      excepted += what + (made->shown.front().is_clear ? "|not shown:" : "|raw, not shown:");
      if (why.has(Warning::undecodable)) excepted += " (the chain would refuse it)";
      for (const std::string& one : gone) excepted += " \"" + one + '"';
      excepted += '\n';
    }
  }
  EXPECT_GE(100 * (texts - left), 95 * texts) << left << " of " << texts << '\n' << excepted;
  RecordProperty("vectors", passed);
  RecordProperty("excepted", excepted);
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
