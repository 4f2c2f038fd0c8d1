#include "server/dependency/kept.h"

#include <utility>

namespace airlock::dependency {

void Kept::keep(const std::string& question, KeptAnswer answer) {
  const bool fits = answer.body.size() <= kKeptBodyMax;
  auto kept = std::make_shared<const KeptAnswer>(std::move(answer));
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(question); place != places_.end()) {
    const auto entry = place->second;
    places_.erase(place);  // before the text that it views
    entries_.erase(entry);
  }
  if (!fits) return;
  if (entries_.size() >= kKeptMax) {
    places_.erase(entries_.back().question);
    entries_.pop_back();
  }
  entries_.push_front({question, std::move(kept)});
  places_.emplace(entries_.front().question, entries_.begin());
}

std::shared_ptr<const KeptAnswer> Kept::find(const std::string& question, std::uint64_t now_ms,
                                             std::uint64_t age_ms_max) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(question);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  const auto& answer = place->second->answer;
  return now_ms - answer->at_ms <= age_ms_max ? answer : nullptr;
}

}  // namespace airlock::dependency
