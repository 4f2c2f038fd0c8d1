// The cases of the first version: texts, as hardware wallets show them.
#include <regex>

#include "engine/abi/clear/corpus_test.h"

namespace airlock::abi::clear {
namespace {

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

// The account of the emulated device on which the cases were played: who signs.
constexpr std::string_view kDeviceAccount = "0xDad77910DbDFdE764fC21FCD4E74D71bBACA6D8D";
constexpr std::size_t kDeviceLabelMax = 25;  // characters of a label that the device has room for

// How a device lays out what we show.
struct Layout {
  bool has_details = false;  // the address that a name stands for, in its place
  bool cuts_labels = false;
};

// All that is shown in the order of a device: a call inside stands in the place of its field.
std::string laid_out(const Shown& shown, const Layout& layout) {
  struct Open {
    std::size_t screen, field;
  };
  const auto head = [](const Screen& screen) {
    return squeezed(screen.intent) + "|interactionwith" + squeezed(screen.owner);
  };
  std::string made = squeezed(shown.front().sentence) + '|' + head(shown.front());
  std::vector<Open> open{{0, 0}};
  while (!open.empty()) {
    Open& top = open.back();
    const Screen& screen = shown.screens[top.screen];
    if (top.field == screen.fields.size()) {
      open.pop_back();
      continue;
    }
    const Field& field = screen.fields[top.field++];
    if (field.nested != 0) {
      made += "transactiontype" + squeezed(shown.screens[field.nested].intent);
      open.push_back({field.nested, 0});
      continue;
    }
    std::string label = field.label;
    if (layout.cuts_labels) label = label.substr(0, kDeviceLabelMax);
    const bool takes_detail = layout.has_details && !field.detail.empty();
    made += squeezed(label) + squeezed(takes_detail ? field.detail : field.value);
  }
  for (std::size_t i = 1; i < shown.screens.size(); ++i) made += '|' + head(shown.screens[i]);
  return made;
}

std::string all_words(const Shown& shown, std::string_view fee, std::string_view network) {
  std::string made;
  for (const bool has_details : {false, true})
    for (const bool cuts_labels : {false, true})
      made += laid_out(shown, {has_details, cuts_labels}) + "network" + squeezed(network) + '|';
  return made + "maxfees" + squeezed(fee);
}

std::string names_of(Warnings warnings) {
  std::string names;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Warning::last); ++i)
    if (warnings.has(static_cast<Warning>(i)))
      names += (names.empty() ? "" : ", ") + std::string(name(static_cast<Warning>(i)));
  return names;
}

// Why a text is not there, by what stands in its place: `before` is the text before it.
std::string reason_of(std::string_view text, std::string_view before, const Shown& shown) {
  if (text.find("???") != std::string_view::npos) return "the device knew no such token";
  if (!shown.front().is_clear) return "all of it is raw here: " + names_of(shown.front().warnings);
  const std::string label = squeezed(before);
  for (const Screen& screen : shown.screens) {
    for (const Field& field : screen.fields) {
      if (label.empty() || !label.ends_with(squeezed(field.label))) continue;
      const std::string doubts = names_of(field.warnings);
      return "here \"" + field.value + '"' + (doubts.empty() ? "" : " (" + doubts + ')');
    }
  }
  return "the descriptor has no such words; its intent is \"" + shown.front().intent + '"';
}

// What became of the texts of all cases.
struct Tally {
  int cases = 0, texts = 0, left = 0;
  std::string excepted{};

  void leave(const std::string& what, std::string_view text, const std::string& reason) {
    ++left;
    excepted += what + " \"" + std::string(text) + "\"|" + reason + '\n';
  }
  // hold counts the texts of one case, each as a whole, in any place of what is shown.
  void hold(const std::string& what, Node wanted, const Shown& shown, const std::string& words) {
    const int before_left = left;
    std::string_view before;
    for (const Node one : wanted.elements()) {
      std::string squeezed_text = with_our_dates(squeezed(one.as_text()));
      // What a device cuts, it marks.
      if (const std::size_t cut = squeezed_text.rfind("...more"); cut != std::string::npos)
        squeezed_text.resize(cut);
      ++texts;
      if (words.find(squeezed_text) == std::string::npos)
        leave(what, one.as_text(), reason_of(one.as_text(), before, shown));
      before = one.as_text();
    }
    cases += left == before_left ? 1 : 0;
  }
};

class LegacyCorpus : public Erc7730Corpus {
 protected:
  // What all files of cases of the second version know of tokens and names.
  void know(FakeSource& source) {
    describe_all(source);
    for (const path& file : files_in("testsv2")) {
      const std::string json = read_file(file);
      const auto tree = json::Tree::parse(json, json.size());
      ASSERT_TRUE(tree) << file;
      if (const auto data = tree->root().member("dataProvider")) source.add(*data);
    }
  }

  // A case has no sender, and sometimes no transaction: the calldata alone is for the contract that
  // the descriptor is bound to.
  Result<Made> show_legacy(Node test, const Descriptor& described, const FakeSource& source) {
    const FakeSource::Key from = FakeSource::key(kDeviceAccount);
    auto made = show(test, &described, source, evm::Signature::passed_over, Bytes(from));
    const auto& places = described.compiled().deployments;
    const auto raw = test.member("rawTx");
    if (made || !raw || places.empty()) return made;
    AIRLOCK_ASSIGN(const auto data, type::read_hex(raw->as_text()));
    if (data.size() < 4 || !described.describes(Bytes(data).first(4))) return made;
    const Call call{places[0].chain_id, places[0].address, Bytes(from), {}, data};
    return Made{show_call(&described, call, source, tape_), "", ""};
  }

  void hold_file(Tally& tally, const path& file, const FakeSource& source) {
    const std::string json = read_file(file);
    const auto tree = json::Tree::parse(json, json.size());
    ASSERT_TRUE(tree) << file;
    // Cases that say no descriptor: it has the name of the file, without ".tests".
    const std::string own = file.filename().string();
    const Descriptor* const described = descriptor(
        file.parent_path().parent_path() / (own.substr(0, own.find(".tests.json")) + ".json"));
    ASSERT_NE(described, nullptr);
    std::size_t at = 0;
    for (const Node test : tree->root().member("tests")->elements()) {
      const std::string what =
          file.lexically_relative(root_ / "registry").string() + " [" + std::to_string(at++) + ']';
      const auto made = show_legacy(test, *described, source);
      ASSERT_TRUE(made) << what << ' ' << name(made.error().code);
      tally.hold(what, *test.member("expectedTexts"), made->shown,
                 all_words(made->shown, made->fee, made->network));
    }
  }
};

TEST_F(LegacyCorpus, ShowsWhatDevicesShowInTheCasesOfTheFirstVersion) {
  FakeSource source;
  know(source);
  Tally tally;
  for (const path& file : files_in("tests")) hold_file(tally, file, source);
  ASSERT_GT(tally.texts, 0);
  std::printf("%d of %d texts of devices are shown, %.1f %%; the others:\n%s",
              tally.texts - tally.left, tally.texts,
              100.0 * (tally.texts - tally.left) / tally.texts, tally.excepted.c_str());
  EXPECT_GE(100 * (tally.texts - tally.left), 95 * tally.texts);
  RecordProperty("vectors", tally.cases);
  RecordProperty("excepted", tally.excepted);
}

}  // namespace
}  // namespace airlock::abi::clear
