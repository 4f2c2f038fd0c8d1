#include "publish/packs/packs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "host/json/json.h"

namespace airlock::packs {
namespace {

using json::Node;

constexpr std::size_t kTextMax = 4096;
constexpr std::array<std::string_view, 6> kLists = {"contracts", "descriptors", "tokens",
                                                    "chains",    "names",       "golden"};

// Where something stands in the list, for whoever has to mend it: "contracts[3]".
std::string place_of(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

template <class T>
Answer<T> at(const std::string& place, Result<T> result) {
  if (!result) return Refusal::of(result.error(), place);
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

class Gatherer {
 public:
  explicit Gatherer(const Path& list) : list_(list), loaders_(abi::standard_loaders()) {}

  Answer<Gathered> gather() {
    AIRLOCK_ASSIGN(const file::Buffer text,
                   release::naming(list_, file::read(list_, kListSizeMax)));
    AIRLOCK_ASSIGN(const json::Tree tree,
                   at(list_.string(), json::Tree::parse(text_of(text), kListSizeMax)));
    AIRLOCK_TRY(check_members(tree.root()));
    AIRLOCK_TRY(each(tree.root(), "contracts", &Gatherer::add_contract));
    AIRLOCK_TRY(each(tree.root(), "descriptors", &Gatherer::add_descriptor));
    AIRLOCK_TRY(each(tree.root(), "tokens", &Gatherer::add_token));
    AIRLOCK_TRY(each(tree.root(), "chains", &Gatherer::add_chain));
    AIRLOCK_TRY(each(tree.root(), "names", &Gatherer::add_name));
    AIRLOCK_TRY(each(tree.root(), "golden", &Gatherer::add_golden));
    AIRLOCK_ASSIGN(file::Buffer file, at(list_.string(), abi::pack::build(items_)));
    return examine(std::move(file), list_.string());
  }

 private:
  using Add = Answer<void> (Gatherer::*)(Node, const std::string&);

  Answer<void> check_members(Node root) {
    if (!root.is_object()) return Refusal::of(Code::wrong_type, list_.string());
    for (const auto& [name, value] : root.members()) {
      if (std::ranges::find(kLists, name) == kLists.end())
        return Refusal::of(Code::unknown_field, list_.string() + ": " + std::string(name));
    }
    return {};
  }

  // What nobody reads would be taken for said: a wrong name for "code_hash" binds nothing.
  static Answer<void> only(Node object, std::span<const std::string_view> names,
                           const std::string& place) {
    if (!object.is_object()) return Refusal::of(Code::wrong_type, place);
    for (const auto& [name, value] : object.members()) {
      if (std::ranges::find(names, name) == names.end())
        return Refusal::of(Code::unknown_field, place + "." + std::string(name));
    }
    return {};
  }

  Answer<void> each(Node root, std::string_view name, Add add) {
    const auto list = root.member(name);
    if (!list) return {};
    if (!list->is_array()) return Refusal::of(Code::wrong_type, std::string(name));
    std::size_t index = 0;
    for (const Node item : list->elements()) {
      AIRLOCK_TRY((this->*add)(item, place_of(name, index++)));
    }
    return {};
  }

  Answer<Sources> read_named(Node contract, const std::string& place) {
    const auto named = contract.member("source");
    if (!named) return Refusal::of(Code::missing_field, place + ".source");
    std::vector<Path> paths;
    if (named->is_text()) {
      paths.push_back(list_.parent_path() / Path(named->as_text()));
    } else if (named->is_array()) {
      for (const Node path : named->elements()) {
        if (!path.is_text()) return Refusal::of(Code::wrong_type, place + ".source");
        paths.push_back(list_.parent_path() / Path(path.as_text()));
      }
    } else {
      return Refusal::of(Code::wrong_type, place + ".source");
    }
    AIRLOCK_ASSIGN(Sources read, read_sources(paths));
    files_ += read.files.size();
    if (files_ > kFilesMax) return Refusal::of(Code::too_many, place);
    return read;
  }

  Answer<void> add_contract(Node contract, const std::string& place) {
    static constexpr std::array<std::string_view, 7> kMembers = {
        "chain", "address", "source", "name", "code_hash", "keys", "names"};
    AIRLOCK_TRY(only(contract, kMembers, place));
    AIRLOCK_ASSIGN(const std::string_view chain,
                   at(place, json::text(contract, "chain", kTextMax)));
    AIRLOCK_ASSIGN(const abi::Loader* loader, at(place, abi::loader_of(loaders_, chain)));
    AIRLOCK_ASSIGN(const std::string address, address_of(contract, *loader, place));
    AIRLOCK_ASSIGN(const Sources read, read_named(contract, place));
    abi::Source source;
    source.files.assign(read.files.begin(), read.files.end());
    AIRLOCK_ASSIGN(source.name, text_or(contract, "name", read.name, place));
    AIRLOCK_ASSIGN(source.keys, text_or(contract, "keys", "", place));
    file::Buffer names;
    AIRLOCK_ASSIGN(const std::string_view names_file, text_or(contract, "names", "", place));
    if (!names_file.empty()) {
      const Path path = list_.parent_path() / Path(names_file);
      AIRLOCK_ASSIGN(names, release::naming(path, file::read(path, kSourceSizeMax)));
      source.names = names;
    }
    AIRLOCK_ASSIGN(const abi::type::OwnedMap map, at(place, loader->load(source)));
    AIRLOCK_ASSIGN(const std::string key, spelled("abi/", chain, address, place));
    const Bytes encoded = map->encoded();
    items_.push_back({"abi/" + key, {encoded.begin(), encoded.end()}});
    return add_code(contract, key, place);
  }

  // CHAIN/ADDRESS. Of a chain that has another spelling no wallet finds anything.
  static Answer<std::string> spelled(std::string_view kind, std::string_view chain,
                                     const std::string& address, const std::string& place) {
    std::string key(chain);
    if (!address.empty()) key += "/" + address;
    if (entry::is_spelled(std::string(kind) + key)) return key;
    const std::string said = address == "any" ? place + ".address" : place + ".chain";
    return Refusal::of(Code::bad_value,
                       said + ": " + key + ", where a chain is named as in eip155:1");
  }

  Answer<std::string> address_of(Node contract, const abi::Loader& loader,
                                 const std::string& place) {
    AIRLOCK_ASSIGN(const std::string_view address,
                   at(place, json::text(contract, "address", kTextMax)));
    if (address == "any") return std::string(address);
    return at(place + ".address", loader.address(address));
  }

  Answer<std::string_view> text_or(Node object, std::string_view name, std::string_view otherwise,
                                   const std::string& place) {
    if (!object.member(name)) return otherwise;
    return at(place, json::text(object, name, kTextMax));
  }

  Answer<void> add_code(Node contract, const std::string& key, const std::string& place) {
    AIRLOCK_ASSIGN(const std::string_view hash, text_or(contract, "code_hash", "", place));
    if (hash.empty()) return {};
    AIRLOCK_ASSIGN(std::vector<std::uint8_t> bytes,
                   at(place + ".code_hash", abi::type::read_hex(hash)));
    items_.push_back({"code/" + key, std::move(bytes)});
    return {};
  }

  // A file of ERC-7730, and what it includes: each once, in the form of RFC 8785, under its path.
  Answer<void> add_descriptor(Node item, const std::string& place) {
    if (!item.is_text()) return Refusal::of(Code::wrong_type, place);
    const std::string name = Path(item.as_text()).lexically_normal().generic_string();
    AIRLOCK_ASSIGN(const std::string text, add_file(name));
    std::optional<Refusal> refused;  // of an included file, which is then what it is about
    const auto include = [&](const std::string& file) -> Result<std::string> {
      auto read = add_file(file);
      if (read) return std::move(*read);
      refused = read.error();
      return std::unexpected(refused->error);
    };
    auto read = abi::clear::Descriptor::read(text, name, abi::clear::Reading::strict, include);
    const std::string whole = (list_.parent_path() / name).string();
    if (!read && refused)
      return Refusal::of(read.error(), refused->about + ", which " + whole + " includes");
    AIRLOCK_ASSIGN(const abi::clear::Descriptor descriptor, at(whole, std::move(read)));
    const std::string_view kind = descriptor.is_for_calls() ? "clear/" : "typed/";
    const std::vector<std::string> contracts = descriptor.places();
    // A wallet looks by the contract, and would never find it.
    if (contracts.empty()) return Refusal::of(Code::descriptor_unbound, place);
    for (const std::string& contract : contracts)
      items_.push_back({std::string(kind) + contract + "/" + name, {}});
    return {};
  }

  Answer<std::string> add_file(const std::string& name) {
    const Path path = list_.parent_path() / name;
    AIRLOCK_ASSIGN(const file::Buffer bytes,
                   release::naming(path, file::read(path, abi::clear::kDescriptorSizeMax)));
    AIRLOCK_ASSIGN(
        const json::Tree tree,
        at(path.string(), json::Tree::parse(text_of(bytes), abi::clear::kDescriptorSizeMax)));
    std::string canonical;
    AIRLOCK_TRY(at(path.string(), abi::clear::append_canonical(canonical, tree.root())));
    if (kept_files_.insert(name).second)
      items_.push_back({"file/" + name, {canonical.begin(), canonical.end()}});
    return canonical;
  }

  Answer<void> add_token(Node token, const std::string& place) {
    static constexpr std::array<std::string_view, 5> kMembers = {"chain", "address", "symbol",
                                                                 "decimals", "collection"};
    AIRLOCK_TRY(only(token, kMembers, place));
    return add_object("token", token, place, true);
  }
  Answer<void> add_chain(Node chain, const std::string& place) {
    static constexpr std::array<std::string_view, 4> kMembers = {"chain", "name", "symbol",
                                                                 "decimals"};
    AIRLOCK_TRY(only(chain, kMembers, place));
    return add_object("chain", chain, place, false);
  }

  Answer<void> add_object(std::string_view kind, Node object, const std::string& place,
                          bool has_address) {
    AIRLOCK_ASSIGN(const std::string key, key_of(object, place, has_address));
    json::Value value = json::value_of(object);
    value.erase("chain");
    value.erase("address");
    const std::string text = json::write(value);
    items_.push_back({std::string(kind) + "/" + key, {text.begin(), text.end()}});
    return {};
  }

  Answer<void> add_name(Node name, const std::string& place) {
    static constexpr std::array<std::string_view, 3> kMembers = {"chain", "address", "name"};
    AIRLOCK_TRY(only(name, kMembers, place));
    AIRLOCK_ASSIGN(const std::string key, key_of(name, place, true));
    AIRLOCK_ASSIGN(const std::string_view text, at(place, json::text(name, "name", kTextMax)));
    items_.push_back({"name/" + key, {text.begin(), text.end()}});
    return {};
  }

  Answer<std::string> key_of(Node object, const std::string& place, bool has_address) {
    AIRLOCK_ASSIGN(const std::string_view chain, at(place, json::text(object, "chain", kTextMax)));
    if (!has_address) return spelled("chain/", chain, "", place);
    AIRLOCK_ASSIGN(const abi::Loader* loader, at(place, abi::loader_of(loaders_, chain)));
    AIRLOCK_ASSIGN(const std::string address, address_of(object, *loader, place));
    return spelled("name/", chain, address, place);
  }

  // A case is kept in its canonical form: members sorted, nothing between them.
  Answer<void> add_golden(Node golden, const std::string& place) {
    json::Value value = json::value_of(golden);
    AIRLOCK_ASSIGN(const std::string_view name, at(place, json::text(golden, "name", kTextMax)));
    value.erase("name");
    const std::string text = json::write(value);
    items_.push_back({"golden/" + std::string(name), {text.begin(), text.end()}});
    return {};
  }

  Path list_;
  std::vector<std::shared_ptr<const abi::Loader>> loaders_;
  std::vector<abi::pack::Item> items_;
  std::size_t files_ = 0;
  std::set<std::string> kept_files_;
};

}  // namespace

Answer<Gathered> gather(const Path& list) { return Gatherer(list).gather(); }

Answer<Gathered> examine(file::Buffer file, const std::string& about) {
  Gathered made;
  AIRLOCK_ASSIGN(const abi::pack::Pack pack, at(about, abi::pack::Pack::open(file)));
  made.entries = pack.entries();
  for (std::uint32_t i = 0; i < pack.count(); ++i) {
    made.maps += pack.key(i).starts_with("abi/") ? 1U : 0U;
    made.golden_cases += pack.key(i).starts_with("golden/") ? 1U : 0U;
  }
  AIRLOCK_ASSIGN(const auto snapshot, at(about, abi::Snapshot::hold(file, made.entries, "")));
  if (const auto judged = abi::judge(*snapshot, abi::standard_loaders()); !judged)
    return Refusal::of(judged.error().error, about + ": " + judged.error().key);
  made.file = std::move(file);
  return made;
}

}  // namespace airlock::packs
