// Golden cases and keys of bindings of unknown origin: a case holds or it does not, whatever it is.
#include "engine/abi/abi.h"
#include "engine/abi/evm/evm.h"
#include "engine/abi/golden.h"

namespace {

using namespace airlock;

// The descriptor that the seeds are cases of.
constexpr std::string_view kDescriptor =
    R"json({"$schema":"https://x/erc7730-v2.schema.json","context":{"contract":{"deployments":[
      {"chainId":1,"address":"0x1111111111111111111111111111111111111111"}]}},"display":{"formats":{
      "transfer(address to,uint256 value)":{"intent":"Send","fields":[{"path":"to","label":"To"},
      {"path":"value","label":"Amount"}]}}}})json";

std::unique_ptr<const abi::Snapshot> make_snapshot() {
  const std::string place = "eip155:1/0x1111111111111111111111111111111111111111";
  constexpr std::string_view kTransfer = "transfer(address to,uint256 value)";
  const auto map = abi::evm::load_signatures({&kTransfer, 1}, "Token");
  const Bytes encoded = (*map)->encoded();
  const std::vector<abi::pack::Item> items = {
      {"abi/" + place, {encoded.begin(), encoded.end()}},
      {"file/a.json", {kDescriptor.begin(), kDescriptor.end()}},
      {"clear/" + place + "/a.json", {}}};
  auto file = *abi::pack::build(items);
  const abi::Entries entries = abi::pack::Pack::open(file)->entries();
  return *abi::Snapshot::hold(std::move(file), entries, "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto snapshot = make_snapshot();
  static const auto loaders = abi::standard_loaders();
  static std::vector<abi::type::Node> room(4096);
  const Bytes input(data, size);
  (void)abi::replay(*snapshot, loaders, input, room);
  const std::string_view key = text_of(input);
  const auto binding = abi::read_binding(key);
  if (binding) AIRLOCK_CHECK(abi::is_binding(key) && key.ends_with(binding->name));
  return 0;
}
