#include "tests/powercut/observer.h"

#include <algorithm>

namespace airlock::powercut {
namespace {

constexpr std::size_t kFirmware = package::index_of(package::Kind::firmware);

std::string text(std::string_view view) { return std::string(view); }

std::string version_of(const Digest& manifest) {
  const Package* package = world().find(manifest);
  return package == nullptr ? "something unknown" : package->version;
}

bool went_back(Code reason) {
  return reason == Code::unhealthy || reason == Code::trial_exhausted ||
         reason == Code::reverted_on_request;
}

// What lies where the processor will begin.
Bytes executing(Board& board, std::size_t part, slot::SlotId id) {
  const bool one_place = board.machine().layout == Layout::one_slot;
  return board.image(part, one_place ? slot::SlotId::a : id).contents();
}

}  // namespace

void Observer::factory(const Package& package) {
  agreed_.insert(package.digest);
  may_run_.insert(package.digest);
  committed_ = true;
}

void Observer::begin_chapter(const Board& board, const Chapter& chapter) {
  ++chapter_;
  failures_before_ = board.power.failures();
  reports_before_ = reports_.size();
  granules_made_ = 0;
  rot_ = Rot::none;
  gave_up_ = false;
  // The next release runs on trial, or is what was run before.
  if (chapter.package->kind == package::Kind::firmware) may_run_.insert(chapter.package->digest);
}

void Observer::rotted(Rot rot) {
  rot_ = rot;
  if (rot == Rot::slot) may_run_.insert(kept_);
}

void Observer::violated(Harm harm, const std::string& what) {
  violations_.push_back({harm, "chapter " + std::to_string(chapter_) + ": " + what});
}

void Observer::reported(std::uint64_t sequence, Code outcome) {
  const auto [at, added] = reports_.try_emplace(sequence, outcome);
  // A journal that loses a bit may tell another story once more, of which the server counts none.
  if (!added && at->second != outcome && rot_ == Rot::none) {
    violated(Harm::wrong, "one report number, two stories");
  }
}

void Observer::not_booted(const Error& reason) {
  const bool is_recovery =
      reason.code == Code::no_bootable_slot && (!committed_ || rot_ == Rot::slot);
  if (!is_recovery) violated(Harm::brick, "it does not boot: " + text(name(reason.code)));
}

void Observer::booted(Board& board, const slot::Boot& boot) {
  const Package* package = world().find(boot.manifest);
  if (package == nullptr || package->kind != package::Kind::firmware) {
    return violated(Harm::wrong, "an unknown release runs");
  }
  if (!may_run_.contains(boot.manifest)) {
    violated(Harm::wrong, version_of(boot.manifest) + " runs, neither the old one nor the new one");
  }
  for (std::size_t part = 0; part < package->parts.size(); ++part) {
    const Buffer& image = package->parts[part].image;
    if (!equal(executing(board, part, boot.slot).first(image.size()), image)) {
      violated(Harm::wrong, "the running image is not the signed one");
    }
  }
  if (!agreed_.contains(boot.manifest)) violated(Harm::unconsented, "it runs without consent");
  const Result<slot::Record> record = slot::load(board.record_areas());
  if (!record) return violated(Harm::brick, "no boot record is readable");
  const std::uint32_t floor = record->floors[kFirmware];
  if (floor > package->security_version) violated(Harm::wrong, "the floor is above what runs");
  if (floor < floor_seen_) violated(Harm::wrong, "the floor was lowered");
  if (package->security_version < floor_seen_) violated(Harm::wrong, "an older one runs");
  if (record->time_bound < time_seen_) violated(Harm::wrong, "the time bound was lowered");
  if (boot.trial && record->consent != boot.manifest) {
    violated(Harm::unconsented, "it is on trial without consent");
  }
  committed_ = committed_ || !boot.trial;
  floor_seen_ = std::max(floor_seen_, floor);
  time_seen_ = std::max(time_seen_, record->time_bound);
}

std::uint64_t Observer::failures(const Board& board) const {
  return board.power.failures() - failures_before_;
}

// Rot may take either copy: none may bring back a lower bound, or the slot before.
void Observer::check_copies(Board& board) {
  const Result<slot::Record> record = slot::load(board.record_areas());
  if (!record) return violated(Harm::brick, "no boot record is readable");
  for (std::size_t copy = 0; copy < 2; ++copy) {
    const Result<slot::Record> held = slot::decode_record(board.record(copy).contents());
    if (!held) continue;
    if (held->active != record->active) violated(Harm::wrong, "one copy alone names the slot");
    if (held->floors != record->floors) violated(Harm::wrong, "one copy alone lowers a floor");
    if (held->time_bound != record->time_bound) {
      violated(Harm::wrong, "one copy alone lowers the time bound");
    }
  }
}

void Observer::check_runs(const Chapter& chapter, const End& end) {
  bool runs_it = chapter.runs_after == nullptr
                     ? !end.running.has_value()
                     : end.running && end.running->manifest == chapter.runs_after->digest;
  if (gave_up_) runs_it = !end.running || end.running->manifest != chapter.package->digest;
  if (!runs_it || (end.running && end.running->trial)) {
    violated(Harm::wrong, (end.running ? version_of(end.running->manifest) : "nothing") +
                              text(end.running && end.running->trial ? " on trial" : "") +
                              " runs at the end");
  }
}

void Observer::check_told(Board& board, Code reason, const End& end) {
  if (!end.outcome) return violated(Harm::wrong, "the session did not end");
  if (*end.outcome != reason) {
    violated(Harm::wrong,
             "it ended as " + text(name(*end.outcome)) + ", not " + text(name(reason)));
  }
  if (reports_.empty() || reports_.rbegin()->second != reason) {
    violated(Harm::wrong, "the end was not reported");
  }
  if (went_back(reason)) {
    const Result<slot::Record> record = slot::load(board.record_areas());
    const Code kept = record ? record->last_revert.reason : Code::ok;
    // The bootloader's count may run out between the firmware's verdict and what follows from it.
    const bool ran_out = failures(board) >= kTrialBoots && kept == Code::trial_exhausted;
    if (kept != reason && !ran_out) {
      violated(Harm::wrong, "nobody knows why it went back");
    }
  }
}

void Observer::ended(Board& board, const Chapter& chapter, const End& end) {
  if (rot_ != Rot::none) return;
  const bool is_tried = chapter.reason == Code::ok || chapter.reason == Code::unhealthy;
  gave_up_ = is_tried && failures(board) >= kTrialBoots && end.outcome == Code::trial_exhausted;
  check_copies(board);
  check_runs(chapter, end);
  if (end.running) {
    for (const Digest& manifest : may_run_) {
      if (manifest != end.running->manifest) kept_ = manifest;
    }
  }
  may_run_.clear();
  if (end.running) may_run_.insert(end.running->manifest);
  if (chapter.deed == Chapter::Deed::rot) return;
  if (chapter.reason == Code::below_floor) {
    if (heard_an_end()) violated(Harm::wrong, "what is below the floor was tried");
    return;
  }
  check_told(board, gave_up_ ? Code::trial_exhausted : chapter.reason, end);
  if (granules_made_ > end.granules + failures(board)) {
    violated(Harm::wrong, "more was fetched again than the erase unit at hand");
  }
}

std::uint64_t Observer::fingerprint(const Board& board, std::uint64_t seed) const {
  const auto digest = [&](const Digest& manifest) {
    for (std::uint8_t byte : manifest.bytes) seed = mix(seed, byte);
  };
  for (const Digest& manifest : agreed_) digest(manifest);
  for (const Digest& manifest : may_run_) digest(manifest);
  digest(kept_);
  for (const auto& [number, outcome] : reports_) {
    seed = mix(mix(seed, number), static_cast<std::uint64_t>(outcome));
  }
  for (std::uint64_t number :
       {std::uint64_t{chapter_}, std::uint64_t{reports_before_}, failures(board),
        std::uint64_t{committed_}, static_cast<std::uint64_t>(rot_), std::uint64_t{granules_made_},
        std::uint64_t{floor_seen_}, static_cast<std::uint64_t>(time_seen_)}) {
    seed = mix(seed, number);
  }
  return seed;
}

}  // namespace airlock::powercut
