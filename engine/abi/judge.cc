#include "engine/abi/judge.h"

#include <set>

#include "engine/abi/fixed_cases.h"
#include "engine/abi/golden.h"
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
  Judge(const Snapshot& snapshot, Loaders loaders, std::size_t steps_max)
      : snapshot_(snapshot), loaders_(loaders), steps_left_(steps_max), room_(type::kTapeNodes) {}

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
    if (key.starts_with("code/")) return judge_code(key, content);
    if (key.starts_with("golden/")) return judge_golden(content);
    for (const std::string_view kind : {"clear/", "typed/", "file/", "token/", "chain/", "name/"}) {
      if (!key.starts_with(kind)) continue;
      AIRLOCK_TRY(check_known(snapshot_, key, content));
      return is_binding(key) ? judge_binding(key) : Status();
    }
    return fail(Code::bad_pack);
  }

  Status judge_map(std::string_view key) {
    if (!entry::is_spelled(key)) return fail(Code::bad_pack);
    const auto map = snapshot_.map(key, loaders_);
    if (!map && map.error().code == Code::loader_missing) return {};
    AIRLOCK_TRY(map);
    AIRLOCK_ASSIGN(const Loader* loader, loader_of(loaders_, chain_of(key)));
    if ((*map)->loader() != loader->name()) return fail(Code::wrong_type);
    const std::string_view address = key.substr(key.rfind('/') + 1);
    if (address != "any") AIRLOCK_TRY(loader->address(address));
    return check_fixed_cases(**map, *loader, address, room_);
  }

  static Status judge_code(std::string_view key, Bytes content) {
    const bool is_hash = content.size() == crypto::Digest::kSize;
    return is_hash && entry::is_spelled(key) ? Status() : fail(Code::bad_pack);
  }

  Status judge_binding(std::string_view key) {
    AIRLOCK_ASSIGN(const Binding binding, read_binding(key));
    AIRLOCK_ASSIGN(const clear::Descriptor* descriptor, snapshot_.descriptor(binding.name));
    AIRLOCK_TRY(check_alone(*descriptor, key.substr(0, key.size() - binding.name.size())));
    AIRLOCK_TRY(check_selectors(*descriptor, binding));
    AIRLOCK_ASSIGN(const std::size_t steps, check_fixed_words(*descriptor, binding));
    AIRLOCK_TRY(spend(steps));
    if (steps == 0 || shown_.contains(descriptor)) return {};
    AIRLOCK_ASSIGN(const Tried tried, try_fixed_words(*descriptor, binding, room_));
    if (tried.has_words) shown_.insert(descriptor);
    constexpr std::size_t kStepsOfAField = 4;  // that is shown
    return spend(tried.fields * kStepsOfAField);
  }

  Status spend(std::size_t steps) {
    if (steps > steps_left_) return fail(Code::over_budget);
    steps_left_ -= steps;
    return {};
  }

  // Words for a call that the contract does not have are for another contract.
  Status check_selectors(const clear::Descriptor& descriptor, const Binding& binding) {
    const auto map = snapshot_.map("abi/" + std::string(binding.place), loaders_);
    if (!map) return {};  // nobody described it, or its own entry is to blame
    std::size_t at = 0;
    for (const Bytes selector : descriptor.selectors()) {
      if ((*map)->find(type::EntryKind::function, selector) == nullptr)
        return fail(Code::expected_otherwise, at);
      ++at;
    }
    return {};
  }

  // Of two descriptors of one call the name of the file would choose. Those of one contract follow
  // each other.
  Status check_alone(const clear::Descriptor& descriptor, std::string_view place) {
    if (place != place_) described_.clear();
    place_ = place;
    const std::vector<Bytes> keys = descriptor.keys();
    AIRLOCK_TRY(spend(keys.size()));
    for (const Bytes key : keys)
      if (!described_.emplace(key.begin(), key.end()).second) return fail(Code::ambiguous);
    return {};
  }

  Status judge_golden(Bytes content) {
    if (++cases_ > kGoldenCasesMax) return fail(Code::too_many, kGoldenCasesMax);
    return replay(snapshot_, loaders_, content, room_);
  }

  const Snapshot& snapshot_;
  Loaders loaders_;
  std::size_t steps_left_;
  std::vector<type::Node> room_;
  std::size_t cases_ = 0;
  std::set<const clear::Descriptor*> shown_;  // whose words were tried, wherever they are bound
  std::string_view place_;                    // of the binding that was judged last
  std::set<std::vector<std::uint8_t>> described_;  // there, by any descriptor
};

}  // namespace

std::expected<void, Fault> judge(const Snapshot& snapshot, Loaders loaders, std::size_t steps_max) {
  return Judge(snapshot, loaders, steps_max).judge();
}

}  // namespace airlock::abi
