#include "apps/airlock/drafts.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "host/text/text.h"
#include "host/text/words.h"

namespace airlock::app {
namespace {

using release::Step;
using release::Waiting;

// The two files that a draft is between; one that cannot be read is as if it were empty.
struct Change {
  tuf::Outline before;
  tuf::Outline after;
};
Change change_of(const Waiting& draft) {
  return {tuf::outline(draft.present).value_or(tuf::Outline{}),
          tuf::outline(draft.file).value_or(tuf::Outline{})};
}

// What stands on one side of a change and not on the other, by a key that names it.
template <class Item>
struct Difference {
  std::vector<std::string> joins;
  std::vector<std::string> leaves;
  std::vector<std::string> changes;
  bool empty() const { return joins.empty() && leaves.empty() && changes.empty(); }

  static Difference between(const std::map<std::string, Item>& before,
                            const std::map<std::string, Item>& after) {
    Difference made;
    for (const auto& [name, item] : after) {
      const auto found = before.find(name);
      if (found == before.end()) {
        made.joins.push_back(name);
      } else if (found->second != item) {
        made.changes.push_back(name);
      }
    }
    for (const auto& [name, item] : before) {
      if (!after.contains(name)) made.leaves.push_back(name);
    }
    return made;
  }
};

std::string key_text(const tuf::Outline& outline, const std::string& id) {
  const auto found = std::ranges::find(outline.keys, id, &tuf::OutlinedKey::id);
  if (found == outline.keys.end()) return text::visible_line(id);
  return text::visible_line(id) + ", " + text::visible_line(found->type) +
         (found->usable ? "" : ", of a kind that never counts here");
}

std::string rule_text(const tuf::OutlinedRole& role) {
  return std::to_string(role.threshold) + " of " + std::to_string(role.key_ids.size());
}

std::map<std::string, int> ids_of(const tuf::OutlinedRole& role) {
  std::map<std::string, int> made;
  for (const std::string& id : role.key_ids) made.emplace(id, 0);
  return made;
}

tuf::OutlinedRole role_in(const tuf::Outline& outline, const std::string& name) {
  const auto found = std::ranges::find(outline.roles, name, &tuf::OutlinedRole::name);
  return found == outline.roles.end() ? tuf::OutlinedRole{name, 0, {}} : *found;
}

// One role's keys and threshold, before and after.
std::string role_change(const Change& change, const tuf::OutlinedRole& after, json::Value& value) {
  const tuf::OutlinedRole before = role_in(change.before, after.name);
  const auto keys = Difference<int>::between(ids_of(before), ids_of(after));
  const bool is_same = keys.empty() && before.threshold == after.threshold;
  value[after.name] = {{"threshold", after.threshold},
                       {"threshold_before", before.threshold},
                       {"joins", keys.joins},
                       {"leaves", keys.leaves}};
  if (is_same) return line(after.name, rule_text(after) + ", as before");
  std::string made = line(after.name, rule_text(after) + ", before " + rule_text(before));
  for (const std::string& id : keys.joins) made += line("  joins", key_text(change.after, id));
  for (const std::string& id : keys.leaves) made += line("  leaves", key_text(change.before, id));
  return made;
}

std::string target_text(const tuf::Target& target) {
  return text::human_size(target.length) +
         (target.sha256 ? ", SHA-256 " + digest_hex(*target.sha256) : "") +
         (tuf::claims_a_package(target) ? ", a package" : "");
}

// A target as two of them are compared.
std::map<std::string, std::string> targets_of(const tuf::Outline& outline) {
  std::map<std::string, std::string> made;
  for (const tuf::Target& target : outline.targets) {
    made.emplace(
        target.path,
        target_text(target) + (target.sha512 ? text::to_hex(*target.sha512) : "") + target.custom);
  }
  return made;
}

std::string targets_change(const Change& change, json::Value& value) {
  const auto paths =
      Difference<std::string>::between(targets_of(change.before), targets_of(change.after));
  value = {{"joins", paths.joins}, {"leaves", paths.leaves}, {"changes", paths.changes}};
  std::string made = line("targets", std::to_string(change.after.targets.size()) + ", before " +
                                         std::to_string(change.before.targets.size()));
  const auto put = [&](const char* how, const std::vector<std::string>& names) {
    for (const std::string& path : names) {
      made += line(how, text::visible_line(path));
      const auto found = std::ranges::find(change.after.targets, path, &tuf::Target::path);
      if (found != change.after.targets.end()) made += line("", target_text(*found));
    }
  };
  put("  joins", paths.joins);
  put("  leaves", paths.leaves);
  put("  changes", paths.changes);
  if (paths.empty()) made += line("", "the same as before");
  return made;
}

std::string files_change(const Change& change, json::Value& value) {
  std::string made;
  value = json::Value::object();
  for (const tuf::OutlinedFile& file : change.after.files) {
    const auto before = std::ranges::find(change.before.files, file.name, &tuf::OutlinedFile::name);
    const std::uint64_t was = before == change.before.files.end() ? 0 : before->version;
    value[file.name] = {{"version", file.version}, {"version_before", was}};
    made += line("names",
                 text::visible_line(file.name) + ", version " + std::to_string(file.version) +
                     (was == file.version ? ", as before" : ", before " + std::to_string(was)));
  }
  return made;
}

std::string change_text(const Waiting& draft, json::Value& value) {
  const Change change = change_of(draft);
  value["expires"] = text::to_time(change.after.expires);
  value["expires_before"] = text::to_time(change.before.expires);
  value["follows"] = change.before.version;
  std::string made = "Draft of " + draft.role + " " + std::to_string(draft.version) +
                     ", which follows " + draft.role + " " + std::to_string(change.before.version) +
                     "\n";
  made += line("digest", digest_hex(draft.digest));
  made += line("in words", text::to_words(Bytes(draft.digest.bytes).first(8)) + " ..");
  made += line("expires", text::to_time(change.after.expires) + ", before " +
                              text::to_time(change.before.expires));
  json::Value& roles = value["roles"] = json::Value::object();
  for (const tuf::OutlinedRole& role : change.after.roles) made += role_change(change, role, roles);
  for (const tuf::OutlinedRole& role : change.before.roles) {
    const tuf::OutlinedRole after = role_in(change.after, role.name);
    if (after.key_ids.empty()) made += role_change(change, after, roles);
  }
  if (draft.role == "targets") made += targets_change(change, value["targets"]);
  if (draft.role == "snapshot") made += files_change(change, value["files"]);
  return made;
}

bool is_top_level(const std::string& role) {
  return role == "root" || role == "targets" || role == "snapshot";
}

std::vector<std::string> ids_in(const std::vector<tuf::TalliedKey>& keys) {
  std::vector<std::string> made;
  for (const tuf::TalliedKey& key : keys) made.push_back(key.id);
  return made;
}

std::string demands_text(const Waiting& draft, json::Value& value) {
  std::string made;
  value = json::Value::array();
  for (const release::Demand& demand : draft.demands) {
    const tuf::Tally& tally = demand.tally;
    value.push_back({{"root", demand.root},
                     {"threshold", tally.threshold},
                     {"signed_by", ids_in(tally.signed_by)},
                     {"yet_to_sign", ids_in(tally.yet_to_sign)}});
    made +=
        line((is_top_level(draft.role) ? "by root " : "by targets ") + std::to_string(demand.root),
             std::to_string(tally.signed_by.size()) + " of " + std::to_string(tally.threshold) +
                 " signatures");
    for (const tuf::TalliedKey& key : tally.signed_by) {
      made += line("  signed", text::visible_line(key.id));
    }
    if (tally.is_met()) continue;
    for (const tuf::TalliedKey& key : tally.yet_to_sign) {
      made += line("  may sign", text::visible_line(key.id));
    }
  }
  return made;
}

std::string refused(const Waiting& draft) {
  if (!draft.obstacle) return "";
  return std::string(name(draft.obstacle->error.code)) + " " +
         text::visible_line(draft.obstacle->about);
}

// What a person does so that the draft goes in.
std::string next_text(const Waiting& draft, const std::string& repo) {
  const std::string airlock = "airlock repo ";
  const std::string at = " --repo " + text::visible_line(repo);
  const std::string again = "  " + airlock + "sign" + at + "\n";
  switch (draft.next) {
    case Step::sign: return "  " + airlock + "sign" + at + " --role " + draft.role + " --key ..\n";
    case Step::others: return "  It goes in with the other drafts.\n";
    case Step::renew:
      return "  It is signed, but a device that had it would refuse what is published: " +
             refused(draft) + ".\n  Have that signed by the old and the new keys:\n  " + airlock +
             "renew" + at + " --key OLD --key NEW ..\n  " + airlock + "timestamp" + at +
             " --key ..\n" + again;
    case Step::timestamp:
      return "  It is signed, but a device that had it would refuse what is offered: " +
             refused(draft) +
             ".\n  Offer what its keys signed (by the old and the new timestamp key, where that is "
             "replaced):\n  " +
             airlock + "timestamp" + at + " --key ..\n" + again;
    case Step::redo:
      return "  It is no use any more: " + refused(draft) + ".\n  " + airlock + "drop" + at +
             " --role " + draft.role + "\n";
  }
  return "";
}

}  // namespace

Shown show_draft(const Waiting& draft) {
  Shown shown;
  shown.value = {{"role", draft.role},
                 {"version", draft.version},
                 {"path", draft.path.string()},
                 {"digest", digest_hex(draft.digest)},
                 {"next", release::name_of(draft.next)},
                 {"obstacle", nullptr}};
  if (draft.obstacle) {
    shown.value["obstacle"] = {{"code", name(draft.obstacle->error.code)},
                               {"about", draft.obstacle->about}};
  }
  shown.text = change_text(draft, shown.value["change"]);
  shown.text += demands_text(draft, shown.value["demands"]);
  return shown;
}

namespace {

// A repository with bins has thousands of lists, which nobody reads one by one.
constexpr std::size_t kListsToldMax = 4;

void tell_installed(const std::vector<std::string>& installed) {
  std::vector<std::string> top, below;
  for (const std::string& file : installed) {
    const std::size_t dot = std::min(file.find('.'), file.size() - 1);
    const std::string role = file.substr(dot + 1, file.rfind(".json") - dot - 1);
    (is_top_level(role) ? top : below).push_back(file);
  }
  if (below.size() > kListsToldMax) {
    std::printf("%s .. %s went in: %zu lists of delegated roles.\n", below.front().c_str(),
                below.back().c_str(), below.size());
    below.clear();
  }
  for (const auto* files : {&below, &top}) {
    for (const std::string& file : *files) std::printf("%s went in.\n", file.c_str());
  }
}

}  // namespace

void tell_settled(const release::Settled& settled, const std::string& repo) {
  tell_installed(settled.installed);
  std::size_t others = 0;
  for (const Waiting& draft : settled.waiting) {
    const bool is_one_of_many = draft.next == Step::others && !is_top_level(draft.role);
    if (is_one_of_many && ++others > kListsToldMax) continue;
    std::printf("%s waits (%s). Next:\n%s",
                (draft.role + " " + std::to_string(draft.version)).c_str(),
                text::visible_line(draft.path.string()).c_str(), next_text(draft, repo).c_str());
  }
  if (others > kListsToldMax) {
    std::printf("%zu more lists of delegated roles wait with them.\n", others - kListsToldMax);
  }
}

json::Value settled_json(const release::Settled& settled) {
  json::Value drafts = json::Value::array();
  for (const Waiting& draft : settled.waiting) drafts.push_back(show_draft(draft).value);
  return {{"installed", settled.installed}, {"drafts", std::move(drafts)}};
}

}  // namespace airlock::app
