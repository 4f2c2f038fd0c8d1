#include "tests/powercut/lives.h"

namespace airlock::powercut {
namespace {

using Deed = Chapter::Deed;

constexpr std::size_t kLargeImage = 192 << 10;

Chapter update(const Package& package, const Package& runs_after, Code reason = Code::ok) {
  Chapter chapter;
  chapter.package = &package;
  chapter.runs_after = &runs_after;
  chapter.reason = reason;
  return chapter;
}

Chapter update_of_a_sick_one(const Package& package, const Package* stays, Health health) {
  Chapter chapter;
  chapter.package = &package;
  chapter.runs_after = stays;
  chapter.reason = health == Health::bad ? Code::unhealthy : Code::trial_exhausted;
  chapter.health = health;
  return chapter;
}

Chapter refusal(const Package& package, const Package& stays) {
  Chapter chapter = update(package, stays, Code::consent_refused);
  chapter.owner = Owner::refuses;
  return chapter;
}

Chapter restore(const Package& package, const Package& runs_after,
                Code reason = Code::reverted_on_request) {
  Chapter chapter = update(package, runs_after, reason);
  chapter.deed = Deed::restore;
  return chapter;
}

Chapter rot(const Package& falls_back_to) {
  Chapter chapter = update(falls_back_to, falls_back_to);
  chapter.deed = Deed::rot;
  return chapter;
}

Life life(std::string name, const Package* factory, std::vector<Chapter> chapters) {
  Life made;
  made.name = std::move(name);
  made.factory = factory;
  made.chapters = std::move(chapters);
  return made;
}

Life small(Life life) {
  life.parts = 1;
  return life;
}

Life large(Life life) {
  life.capacity = kLargeImage;
  return life;
}

Life two_blocks(Life life) {
  life.capacity = 2 * package::kBlockSize;
  return small(std::move(life));
}

}  // namespace

// "update" fetches v3 for v1, of which there is no patch; "delta update" and those after it patch.
const std::vector<Life>& lives() {
  const World& w = world();
  static const std::vector<Life> made = {
      life("first install", nullptr, {update(w.v1, w.v1)}),
      life("first install that fails", nullptr,
           {update_of_a_sick_one(w.v1, nullptr, Health::bad), update(w.v1, w.v1)}),
      life("update, the floor moves", &w.v1, {update(w.v3, w.v3)}),
      life("delta updates", &w.v1, {update(w.v2, w.v2), update(w.v3, w.v3)}),
      life("failed trial", &w.v1,
           {update_of_a_sick_one(w.v3, &w.v1, Health::bad), update(w.v3, w.v3)}),
      life("hanging trial", &w.v1,
           {update_of_a_sick_one(w.v2, &w.v1, Health::hangs), update(w.v3, w.v3)}),
      life("refused, then agreed to", &w.v1, {refusal(w.v2, w.v1), update(w.v2, w.v2)}),
      life("revert by request", &w.v1,
           {update(w.v2, w.v2), restore(w.v1, w.v1), restore(w.v2, w.v2), update(w.v3, w.v3),
            restore(w.v2, w.v3, Code::below_floor)}),
      life("keyring change", &w.v1,
           {update(w.after_rotation, w.v1, Code::quorum_missing), update(w.rotated, w.v1),
            update(w.after_rotation, w.after_rotation)}),
      life("the committed image rots", &w.v1, {update(w.v2, w.v2), rot(w.v1), update(w.v3, w.v3)}),
      large(life("resume", &w.large1, {update(w.large2, w.large2)})),
      large(life("resume without a base", &w.v1, {update(w.large2, w.large2)})),
  };
  return made;
}

const Life& rescue_of(const Life& lived) {
  const World& w = world();
  static const Life whole = life("rescue", nullptr, {update(w.rescue, w.rescue)});
  static const Life part = small(life("rescue", nullptr, {update(w.tiny_rescue, w.tiny_rescue)}));
  return lived.parts == 1 ? part : whole;
}

const std::vector<Life>& small_lives() {
  const World& w = world();
  static const std::vector<Life> made = {
      small(life("first install", nullptr, {update(w.tiny1, w.tiny1)})),
      small(life("first install that fails", nullptr,
                 {update_of_a_sick_one(w.tiny1, nullptr, Health::bad), update(w.tiny1, w.tiny1)})),
      small(life("update, the floor moves", &w.tiny0, {update(w.tiny2, w.tiny2)})),
      small(life("delta updates", &w.tiny0, {update(w.tiny1, w.tiny1), update(w.tiny2, w.tiny2)})),
      small(life("failed trial", &w.tiny1,
                 {update_of_a_sick_one(w.tiny2, &w.tiny1, Health::bad), update(w.tiny2, w.tiny2)})),
      small(
          life("hanging trial", &w.tiny0,
               {update_of_a_sick_one(w.tiny1, &w.tiny0, Health::hangs), update(w.tiny2, w.tiny2)})),
      small(life("refused, then agreed to", &w.tiny0,
                 {refusal(w.tiny1, w.tiny0), update(w.tiny1, w.tiny1)})),
      small(life("revert by request", &w.tiny0,
                 {update(w.tiny1, w.tiny1), restore(w.tiny0, w.tiny0), restore(w.tiny1, w.tiny1),
                  update(w.tiny2, w.tiny2), restore(w.tiny1, w.tiny2, Code::below_floor)})),
      small(
          life("keyring change", &w.tiny1,
               {update(w.tiny_after_rotation, w.tiny1, Code::quorum_missing),
                update(w.rotated, w.tiny1), update(w.tiny_after_rotation, w.tiny_after_rotation)})),
      small(life("the committed image rots", &w.tiny0,
                 {update(w.tiny1, w.tiny1), rot(w.tiny0), update(w.tiny2, w.tiny2)})),
      two_blocks(life("resume", &w.blocks1, {update(w.blocks2, w.blocks2)})),
      two_blocks(life("resume without a base", &w.tiny1, {update(w.blocks2, w.blocks2)})),
  };
  return made;
}

std::vector<const Life*> lives_for_flips(const Machine& machine) {
  std::vector<const Life*> chosen;
  const bool is_large = fits(machine, lives().back());
  for (const Life& life : is_large ? small_lives() : lives()) {
    if (fits(machine, life)) chosen.push_back(&life);
  }
  return chosen;
}

bool fits(const Machine& machine, const Life& life) {
  constexpr std::size_t kLargeStep = 16 << 10;
  const bool is_large = life.capacity > package::kBlockSize;
  return is_large == (machine.step >= kLargeStep);
}

}  // namespace airlock::powercut
