#include "engine/abi/judge.h"

#include "engine/abi/carried.h"
#include "engine/abi/fixed_cases.h"
#include "engine/abi/known.h"

namespace airlock::abi {
namespace {

// The chain of "abi/CHAIN/ADDRESS".
std::string_view chain_of(std::string_view key) {
  const std::size_t first = key.find('/');
  if (first == std::string_view::npos) return {};
  const std::size_t second = key.find('/', first + 1);
  if (second == std::string_view::npos) return {};
  return key.substr(first + 1, second - first - 1);
}

class Judge {
 public:
  Judge(const Snapshot& snapshot, Loaders loaders)
      : snapshot_(snapshot), loaders_(loaders), room_(type::kTapeNodes) {}

  std::expected<void, Fault> judge() {
    const pack::Pack& pack = snapshot_.pack();
    for (std::uint32_t i = 0; i < pack.count(); ++i) {
      if (const Status good = judge_entry(pack.key(i)); !good)
        return std::unexpected(Fault{good.error(), std::string(pack.key(i))});
    }
    return {};
  }

 private:
  Status judge_entry(std::string_view key) {
    AIRLOCK_ASSIGN(const Bytes content, snapshot_.content(key));
    if (key.starts_with("abi/")) return judge_map(key);
    if (key.starts_with("code/")) return content.size() == 32 ? Status() : fail(Code::bad_pack);
    if (key.starts_with("golden/")) return replay(content);
    for (const std::string_view kind : {"clear/", "typed/", "file/", "token/", "chain/", "name/"}) {
      if (key.starts_with(kind)) return check_known(snapshot_, key, content);
    }
    return fail(Code::bad_pack);
  }

  Status judge_map(std::string_view key) {
    const auto map = snapshot_.map(key, loaders_);
    if (!map && map.error().code == Code::loader_missing) return {};
    AIRLOCK_TRY(map);
    AIRLOCK_ASSIGN(const Loader* loader, loader_of(loaders_, chain_of(key)));
    if ((*map)->loader() != loader->name()) return fail(Code::wrong_type);
    const std::string_view address = key.substr(key.rfind('/') + 1);
    if (address != "any") {
      AIRLOCK_ASSIGN(const std::string spelled, loader->address(address));
      if (spelled != address) return fail(Code::bad_pack);
    }
    return check_fixed_cases(**map, *loader, room_);
  }

  Status replay(Bytes content) {
    if (++cases_ > kGoldenCasesMax) return fail(Code::too_many, kGoldenCasesMax);
    AIRLOCK_ASSIGN(const json::Tree tree,
                   json::Tree::parse(text_of(content), kGoldenSizeMax, json::Nul::in_texts));
    const json::Node root = tree.root();
    Call call;
    AIRLOCK_ASSIGN(call.chain, json::text(root, "chain", 128));
    AIRLOCK_ASSIGN(call.target, json::text(root, "target", 128));
    AIRLOCK_ASSIGN(const std::string_view hex, json::text(root, "data", kGoldenSizeMax));
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, type::read_hex(hex));
    call.data = data;
    AIRLOCK_ASSIGN(const json::Node expect, json::object(root, "expect"));
    const auto decoded = decode(snapshot_, loaders_, call, room_);
    if (!decoded)
      return fail(Code::golden_case_failed, static_cast<std::uint64_t>(decoded.error().code));
    std::string shown;
    const auto carried = Carried::of({snapshot_, loaders_, room_}, call, *decoded);
    AIRLOCK_TRY(append_json(shown, *decoded, carried, ""));
    AIRLOCK_ASSIGN(const json::Tree actual,
                   json::Tree::parse(shown, type::kOutputMax, json::Nul::in_texts));
    if (json::value_of(actual.root()) != json::value_of(expect))
      return fail(Code::golden_case_failed);
    return {};
  }

  const Snapshot& snapshot_;
  Loaders loaders_;
  std::vector<type::Node> room_;
  std::size_t cases_ = 0;
};

}  // namespace

std::expected<void, Fault> judge(const Snapshot& snapshot, Loaders loaders) {
  return Judge(snapshot, loaders).judge();
}

}  // namespace airlock::abi
