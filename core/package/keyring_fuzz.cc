// Any bytes: the keyring reader refuses them, or every rule of a keyring holds in what it read.
#include "core/package/package.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  (void)package::open_keyring_anchor(input);
  const auto keyring = package::Keyring::parse(input);
  if (!keyring) return 0;
  AIRLOCK_CHECK(keyring->version > 0);
  AIRLOCK_CHECK(keyring->policy(package::Kind::keyring).clauses.size() == 1);
  for (const package::Key& key : keyring->keys) {
    AIRLOCK_CHECK(key.group < keyring->groups.size());
    const auto found = keyring->find(key.id.bytes);
    AIRLOCK_CHECK(found && found->key == key.key && found->name == key.name);
    const package::Key first = keyring->keys[key.signer];
    AIRLOCK_CHECK(first.name == key.name && first.group == key.group && first.id <= key.id);
  }
  if (const auto log = keyring->log()) {
    AIRLOCK_CHECK(log->required > 0 && log->required <= log->witnesses.size());
  }
  for (const package::Digest& digest : keyring->retained) {
    AIRLOCK_CHECK(keyring->retains(digest));
  }
  for (package::Kind kind : package::kKinds) {
    for (const package::Clause& clause : keyring->policy(kind).clauses) {
      AIRLOCK_CHECK(clause.threshold > 0 && clause.group < keyring->groups.size());
      AIRLOCK_CHECK(!clause.certified || kind != package::Kind::keyring);
    }
  }
  return 0;
}
