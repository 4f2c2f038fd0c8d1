// Whatever a program hands to the C ABI, it gets an error or an answer: a pack serves only where
// all of it is good, and what is said of a call is strict JSON, from which the same bytes can be
// written.
#include <array>
#include <string>

#include "engine/embed/airlock_abi.h"
#include "engine/embed/handles.h"

namespace {

using namespace airlock;

constexpr const char* kChain = "eip155:1";
constexpr const char* kToken = "0x1111111111111111111111111111111111111111";
constexpr std::string_view kAbi =
    R"([{"type":"function","name":"transfer","inputs":[{"name":"to","type":"address"},
    {"name":"value","type":"uint256"}],"outputs":[]},{"type":"function","name":"lists","inputs":[
    {"name":"texts","type":"string[]"},{"name":"pairs","type":"tuple[]","components":[
    {"name":"who","type":"address"},{"name":"data","type":"bytes"}]},
    {"name":"signed","type":"int64[2]"}],"outputs":[]}])";

airlock_abi_committed committed_of(const abi::pack::Pack& pack) {
  const abi::Entries entries = pack.entries();
  airlock_abi_committed committed{};
  std::memcpy(committed.root, entries.root.bytes.data(), sizeof(committed.root));
  committed.count = entries.count;
  committed.version = "1.0.0";
  return committed;
}

airlock_abi_reader* make_reader() {
  const auto loaders = abi::standard_loaders();
  const auto map = (*abi::loader_of(loaders, kChain))->load({.files = {bytes_of(kAbi)}});
  const Bytes encoded = (*map)->encoded();
  const abi::pack::Item item{"abi/" + std::string(kChain) + "/" + kToken,
                             {encoded.begin(), encoded.end()}};
  const auto file = *abi::pack::build({&item, 1});
  const auto committed = committed_of(*abi::pack::Pack::open(file));
  airlock_abi_engine* engine = nullptr;
  airlock_abi_reader* reader = nullptr;
  AIRLOCK_CHECK(airlock_abi_engine_new(&engine) == AIRLOCK_ABI_OK);
  AIRLOCK_CHECK(airlock_abi_load(engine, file.data(), file.size(), &committed, nullptr) == 0);
  AIRLOCK_CHECK(airlock_abi_reader_new(engine, &reader) == AIRLOCK_ABI_OK);
  airlock_abi_engine_free(engine);
  return reader;
}

void load(Bytes input) {
  const std::vector<std::uint8_t> file(input.begin(), input.end());
  const auto pack = abi::pack::Pack::open(file);
  if (!pack) return;
  const auto committed = committed_of(*pack);
  airlock_abi_engine* engine = nullptr;
  AIRLOCK_CHECK(airlock_abi_engine_new(&engine) == AIRLOCK_ABI_OK);
  airlock_abi_fault fault{};
  const int code = airlock_abi_load(engine, file.data(), file.size(), &committed, &fault);
  AIRLOCK_CHECK(code != AIRLOCK_ABI_OK || fault.key[0] == '\0');
  airlock_abi_engine_free(engine);
}

// Writes what was read, and compares.
void check_round_trip(airlock_abi_reader* reader, const std::string& said, Bytes data) {
  const auto tree = json::Tree::parse(said, abi::type::kOutputMax, json::Nul::in_texts);
  AIRLOCK_CHECK(tree.has_value());
  if (!*json::boolean(tree->root(), "canonical")) return;
  const std::string call(*json::text(tree->root(), "call", said.size()));
  const std::string arguments = json::write(json::value_of(*tree->root().member("arguments")));
  const airlock_abi_request request{kChain, kToken, call.c_str(), arguments.c_str()};
  airlock_abi_bytes written{};
  AIRLOCK_CHECK(airlock_abi_encode(reader, &request, &written) == AIRLOCK_ABI_OK);
  AIRLOCK_CHECK(equal({written.data, written.size}, data));
}

void decode(Bytes data) {
  static airlock_abi_reader* const reader = make_reader();
  airlock_abi_call call{};
  call.chain = kChain;
  call.target = kToken;
  call.data = data.data();
  call.data_size = data.size();
  airlock_abi_text json{};
  if (airlock_abi_decode(reader, &call, &json) != AIRLOCK_ABI_OK) return;
  check_round_trip(reader, {json.text, json.size}, data);
}

// What is shown of a message fits its display, and says what is signed.
void show_message(Bytes data) {
  static airlock_abi_reader* const reader = make_reader();
  const std::string text(text_of(data));
  const airlock_abi_message message{text.c_str(), nullptr};
  for (const int form : {AIRLOCK_ABI_JSON, AIRLOCK_ABI_LINES, AIRLOCK_ABI_PAGES}) {
    const airlock_abi_style style{form, 0};
    airlock_abi_text shown{};
    std::array<std::uint8_t, AIRLOCK_ABI_DIGEST_SIZE> digest{};
    if (airlock_abi_show_message(reader, &message, &style, &shown, digest.data()) != 0) continue;
    if (form != AIRLOCK_ABI_LINES)
      AIRLOCK_CHECK(json::Tree::parse({shown.text, shown.size}, shown.size).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  if (data[0] == 0) {
    load(input);
  } else if (data[0] == 2) {
    show_message(input);
  } else {
    decode(input);
  }
  return 0;
}
