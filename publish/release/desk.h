// A repository on the desk of whoever changes its metadata. Private to the room.
#pragma once

#include <map>

#include "publish/release/internal.h"

namespace airlock::release {

// Whether a role's rule stands in root; the others' stands in targets metadata.
inline bool is_top_level(std::string_view role) {
  return role == "root" || role == "targets" || role == "snapshot";
}

// Whose rules a draft of targets or snapshot must meet: the newest root's, the drafted one's where
// there is one, or both.
enum class Rules : std::uint8_t { newest, drafted, both };
// The rules of a change: keys that cannot sign any more are asked for nothing.
inline Rules rules_of(OldKeys old_keys) {
  return old_keys == OldKeys::lost ? Rules::drafted : Rules::both;
}

// What is there, and what waits: read once, changed in memory, written by save. Its lists are the
// targets metadata: the top-level one and, by the name of their roles, those below it.
class Desk {
 public:
  // open reads roots and drafts with the device's own code. A draft whose file went in already is
  // none any more. Errors: exists_already (another file has a draft's name), and those of reading.
  static Answer<Desk> open(const Path& repository);

  const Path& repository() const { return repository_; }
  const Buffer& root() const { return roots_.back(); }
  std::uint64_t root_version() const { return roots_.size(); }
  // newest reads the repository as the device's code finds it, once.
  Answer<Newest*> newest() const;
  // present is the file that a draft follows: empty where a delegated role has none yet. The error
  // of a role that a device could not have is about its file.
  Answer<Buffer> present(std::string_view role) const;
  // delegating is the targets metadata that the roles below it are judged by: the drafted one, or
  // else the newest.
  Answer<Buffer> delegating() const;

  bool has(std::string_view role) const { return drafts_.contains(role); }
  // The roles whose drafts are here, in the order in which they go in.
  std::vector<std::string> roles() const;
  // Those of them that are lists, and the snapshot.
  std::vector<std::string> lists() const;
  bool has_lists() const { return !lists().empty(); }
  const Buffer& file(std::string_view role) const { return drafts_.find(role)->second.file; }
  std::uint64_t version(std::string_view role) const { return drafts_.find(role)->second.version; }
  Path path(std::string_view role) const;

  // put lays a draft there; take_away removes it.
  void put(std::string_view role, std::uint64_t version, Buffer file);
  void take_away(std::string_view role);

  // The roots by which a role's draft is judged, or the targets metadata of one below it.
  Answer<Judges> judges(std::string_view role, Rules rules) const;
  Answer<std::vector<Demand>> demands(std::string_view role, Rules rules) const;
  Answer<bool> is_complete(std::string_view role, Rules rules) const;

  // complete signs the drafts of lists and snapshot as far as these can; the snapshot is drafted
  // as soon as the lists under it are complete.
  Answer<void> complete(RoleSigners signers, Rules rules);
  // lists_ready says whether all are complete, so that they can go in.
  Answer<bool> lists_ready(Rules rules) const;

  // rehearse is what the device's code finds once these drafts are in; all lists are, where the
  // snapshot is.
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
  Answer<void> sign(std::string_view role, RoleSigners signers);
  std::vector<std::string> named_with(std::initializer_list<std::string_view> roles) const;
  bool snapshot_names_lists() const;

  Path repository_;
  Roots roots_;
  mutable std::optional<Newest> newest_;
  mutable std::optional<std::map<std::string, Status>> surveyed_;
  std::map<std::string, Kept, std::less<>> drafts_;
  std::vector<std::string> installed_;
};

// draft_list lays a role's next list there; draft_targets those of all roles that a change is for,
// or of the one that is named. Errors: draft_waits where some wait already, not_found (the role).
Answer<void> draft_list(Desk& desk, std::string_view role, const tuf::TargetsChange& change,
                        std::int64_t expires);
Answer<void> draft_targets(Desk& desk, const tuf::TargetsChange& change, std::int64_t expires,
                           const std::string& role);
Answer<void> check_no_lists_wait(const Desk& desk);
// check_signers refuses a key that signs neither targets nor snapshot, nor a role below them:
// no_role_for_key.
Answer<void> check_signers(const Desk& desk, RoleSigners signers);

// settle_lists lets targets and snapshot in where both are complete; settle_all the root too, where
// it may. What may not yet go in stays.
Answer<void> settle_lists(Desk& desk, Rules rules, std::int64_t now);
Answer<void> settle_all(Desk& desk, OldKeys old_keys, std::int64_t now);

// answer_of saves the desk and says what was done.
Answer<Settled> answer_of(Desk& desk, OldKeys old_keys, std::int64_t now);

}  // namespace airlock::release
