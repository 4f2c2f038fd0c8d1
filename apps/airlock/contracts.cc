#include "apps/airlock/contracts.h"

#include "host/file/file.h"
#include "publish/packs/sources.h"

namespace airlock::app {
namespace {

using packs::kSourceSizeMax;

constexpr std::string_view kPackMagic = "ALPK";
constexpr std::string_view kMapMagic = "ALTM";
constexpr std::string_view kModuleMagic = "\xa1\x1c\xeb\x0b";

// The chain whose format this is, by how it begins and what stands in it.
std::string_view chain_of(std::string_view content) {
  if (content.starts_with(kModuleMagic)) return "move";
  if (content.find("\"instructions\"") != std::string_view::npos) return "solana";
  return "eip155";
}

std::expected<packs::Sources, Refusal> read_all(const std::vector<std::string>& named) {
  const std::vector<file::Path> paths(named.begin(), named.end());
  auto read = packs::read_sources(paths);
  if (!read) return refuse(read.error().error, read.error().about);
  return std::move(*read);
}

// A map names its loader, which several chains may share: Aptos and Sui do. Without a chain it is
// the first one's.
Result<const abi::Loader*> loader_of_map(abi::Loaders loaders, const abi::type::Map& map,
                                         const std::string& chain) {
  for (const auto& loader : loaders) {
    if (loader->name() != map.loader()) continue;
    if (chain.empty()) return loader.get();
    AIRLOCK_ASSIGN(const abi::Loader* named, abi::loader_of(loaders, chain));
    if (named == loader.get()) return named;
  }
  return fail(Code::loader_missing);
}

}  // namespace

void add_contract_options(CLI::App& command, ContractOptions& options) {
  command
      .add_option("--abi", options.sources,
                  "an ABI, an IDL, a built Move package's folder, modules or their folder, or a "
                  "pack; repeat for several modules")
      ->type_name("FILE")
      ->required();
  command.add_option("--chain", options.chain,
                     "of a pack: the chain, such as eip155:1; else whose format the file is, where "
                     "it does not tell: eip155, solana, aptos, sui");
  command.add_option("--to", options.to, "of a pack: the contract, program or package");
  command.add_option("--keys", options.keys,
                     "of a Solana program that is not Anchor's: tag_u8 or tag_u32");
  command.add_option("--names", options.names, "of Move modules: the file that names parameters");
}

std::expected<std::unique_ptr<const abi::Snapshot>, Refusal> open_pack(const std::string& path) {
  AIRLOCK_ANSWER_ASSIGN(file::Mapping mapped, file::Mapping::open(path, abi::pack::kPackSizeMax),
                        path);
  AIRLOCK_ANSWER_ASSIGN(const abi::pack::Pack pack, abi::pack::Pack::open(mapped.bytes()), path);
  AIRLOCK_ANSWER_ASSIGN(auto opened, abi::Snapshot::open(std::move(mapped), pack.entries(), ""),
                        path);
  return opened;
}

std::expected<Contract, Refusal> Contract::open(const ContractOptions& options) {
  Contract contract;
  contract.loaders_ = abi::standard_loaders();
  AIRLOCK_ASSIGN(packs::Sources read, read_all(options.sources));
  const std::string& first = options.sources.front();
  file::Buffer& head = read.files.front();
  if (text_of(head).starts_with(kPackMagic)) {
    if (options.chain.empty() || options.to.empty())
      return refuse(Code::usage, first + " is a pack: name the contract by --chain and --to");
    AIRLOCK_ASSIGN(contract.pack_, open_pack(first));
    AIRLOCK_ANSWER_ASSIGN(contract.loader_, abi::loader_of(contract.loaders_, options.chain),
                          options.chain);
    AIRLOCK_ANSWER_ASSIGN(const std::string address, contract.loader_->address(options.to),
                          options.to);
    const std::string key = "abi/" + options.chain + "/" + address;
    const auto map = contract.pack_->map(key, contract.loaders_);
    if (!map && !contract.pack_->pack().find(key))
      return refuse(Code::not_found,
                    first + ": " + key + " (airlock abi list names what the pack has)");
    if (!map) return refuse(map.error(), first + ": " + key);
    contract.in_pack_ = *map;
    return contract;
  }
  if (text_of(head).starts_with(kMapMagic)) {
    AIRLOCK_ANSWER_ASSIGN(contract.owned_, abi::type::OwnedMap::parse(std::move(head)), first);
    AIRLOCK_ANSWER_ASSIGN(contract.loader_,
                          loader_of_map(contract.loaders_, contract.map(), options.chain), first);
  } else {
    const std::string chain =
        options.chain.empty() ? std::string(chain_of(text_of(head))) : options.chain;
    const std::string space = chain == "move" ? "aptos" : chain;
    AIRLOCK_ANSWER_ASSIGN(contract.loader_, abi::loader_of(contract.loaders_, space), chain);
    abi::Source source;
    source.files.assign(read.files.begin(), read.files.end());
    source.name = read.name;
    source.keys = options.keys;
    file::Buffer names;
    if (!options.names.empty()) {
      AIRLOCK_ANSWER_ASSIGN(names, file::read(options.names, kSourceSizeMax), options.names);
      source.names = names;
    }
    AIRLOCK_ANSWER_ASSIGN(contract.owned_, contract.loader_->load(source), first);
  }
  AIRLOCK_ANSWER_TRY(contract.loader_->check(contract.map()), first);
  return contract;
}

std::string about_json(std::string what, Code code) {
  if (code != Code::out_of_range) return what;
  return what +
         " (a number that 64 bits do not hold is written in quotes: \"18446744073709551616\")";
}

std::expected<std::string, Refusal> read_typed(const std::string& typed) {
  if (typed != "-" && !typed.starts_with("@")) return typed;
  const std::string path = typed == "-" ? "/dev/stdin" : typed.substr(1);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read_stream(path, kSourceSizeMax), path);
  return std::string(text_of(bytes));
}

std::expected<std::vector<std::uint8_t>, Refusal> read_data(const std::string& typed) {
  AIRLOCK_ASSIGN(std::string text, read_typed(typed));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (!text.starts_with("0x")) text.insert(0, "0x");
  AIRLOCK_ANSWER_ASSIGN(std::vector<std::uint8_t> data, abi::type::read_hex(text),
                        "the data takes hexadecimal digits");
  return data;
}

}  // namespace airlock::app
