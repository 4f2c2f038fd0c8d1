// A repository on the desk of whoever changes its metadata. Private to the room.
#pragma once

#include <map>

#include "publish/release/internal.h"

namespace airlock::release {

// Whose rules a draft of targets or snapshot must meet: the newest root's, the drafted one's where
// there is one, or both.
enum class Rules : std::uint8_t { newest, drafted, both };
// The rules of a change: keys that cannot sign any more are asked for nothing.
inline Rules rules_of(OldKeys old_keys) {
  return old_keys == OldKeys::lost ? Rules::drafted : Rules::both;
}

// What is there, and what waits: read once, changed in memory, written by save.
class Desk {
 public:
  // open reads roots and drafts with the device's own code. A draft whose file went in already is
  // none any more. Errors: exists_already (another file has a draft's name), and those of reading.
  static Answer<Desk> open(const Path& repository);

  const Path& repository() const { return repository_; }
  const Buffer& root() const { return roots_.back(); }
  std::uint64_t root_version() const { return roots_.size(); }
  // newest reads the repository as the device's code finds it, once.
  Answer<const Newest*> newest();

  bool has(std::string_view role) const { return drafts_.contains(role); }
  bool has_lists() const { return has("targets") || has("snapshot"); }
  const Buffer& file(std::string_view role) const { return drafts_.find(role)->second.file; }
  std::uint64_t version(std::string_view role) const { return drafts_.find(role)->second.version; }
  Path path(std::string_view role) const;

  // put lays a draft there; take_away removes it.
  void put(std::string_view role, std::uint64_t version, Buffer file);
  void take_away(std::string_view role);

  // The roots by which a role's draft is judged.
  Judges judges(std::string_view role, Rules rules) const;
  Answer<std::vector<Demand>> demands(std::string_view role, Rules rules) const;
  Answer<bool> is_complete(std::string_view role, Rules rules) const;

  // complete signs the drafts of targets and snapshot as far as these can; the snapshot is drafted
  // as soon as the targets under it are complete.
  Answer<void> complete(RoleSigners signers, Rules rules);
  // lists_ready says whether both are complete, so that they can go in.
  Answer<bool> lists_ready(Rules rules) const;

  // rehearse is what the device's code finds once these drafts are in.
  Answer<Newest> rehearse(std::initializer_list<std::string_view> roles, std::int64_t now) const;
  // check_offered is what it finds of the timestamp that is offered today, once the drafted root is
  // in; fine where nothing is offered yet.
  Answer<void> check_offered() const;
  // check_fresh refuses a draft that has expired: metadata_expired.
  Answer<void> check_fresh(std::initializer_list<std::string_view> roles, std::int64_t now) const;

  // go_in writes a draft to where devices find it.
  Answer<void> go_in(std::string_view role);
  // save writes what waits, and removes what does not any more.
  Answer<void> save();

  // next_version is the number of a role's next file. What an attempt that was cut off left behind
  // keeps its number: a file never changes under its name, which caches keep for a year.
  std::uint64_t next_version(const tuf::Repository& current, std::string_view role) const;

  const std::vector<std::string>& installed() const { return installed_; }

 private:
  struct Kept {
    std::uint64_t version = 0;
    Buffer file;
  };
  Answer<void> read_drafts();
  Answer<void> draft_snapshot();
  bool snapshot_names_targets() const;

  Path repository_;
  Roots roots_;
  std::optional<Newest> newest_;
  std::map<std::string, Kept, std::less<>> drafts_;
  std::vector<std::string> installed_;
};

// draft_targets lays the next targets there: draft_waits where some wait already.
Answer<void> draft_targets(Desk& desk, const tuf::TargetsChange& change, std::int64_t expires);

// settle_lists lets targets and snapshot in where both are complete; settle_all the root too, where
// it may. What may not yet go in stays.
Answer<void> settle_lists(Desk& desk, Rules rules, std::int64_t now);
Answer<void> settle_all(Desk& desk, OldKeys old_keys, std::int64_t now);

// answer_of saves the desk and says what was done.
Answer<Settled> answer_of(Desk& desk, OldKeys old_keys, std::int64_t now);

}  // namespace airlock::release
