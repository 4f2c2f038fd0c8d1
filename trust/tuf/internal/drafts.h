// What every draft of metadata is made of, whether it begins with nothing or follows another file.
#pragma once

#include <string>
#include <vector>

#include "trust/tuf/internal/metadata.h"

namespace airlock::tuf::internal {

// head_of begins a signed part. Errors: out_of_range (the version).
Result<json::Value> head_of(Role role, std::uint64_t version, std::int64_t expires);

// draft_of writes a signed part as it will stand in its file, after the reader of its role took it:
// what is written is held to the rules by which it is read.
Result<std::string> draft_of(const json::Value& signed_part, Role role);

// put_keys adds keys to a rule's "keyids" and to its file's "keys". Errors: duplicate_key where the
// rule has one already, too_many.
Status put_keys(const std::vector<PublicKey>& added, json::Value& rule, json::Value& keys);
// check_rule is out_of_range where a rule's keys cannot meet its threshold.
Status check_rule(const json::Value& rule);

// put_delegations writes what targets metadata says of the roles below it, instead of all that it
// said before. Errors: those of put_keys and check_rule, bad_metadata (bins beside a list).
Status put_delegations(const DelegationsDraft& delegations, json::Value& part);

json::Value entry_of(const MetaFile& file);
// entry_of errors: bad_text (the path), unsupported_algorithm (no hash), and those of reading
// `custom`.
Result<json::Value> entry_of(const Target& target);

}  // namespace airlock::tuf::internal
