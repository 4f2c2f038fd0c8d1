// Who signs which metadata: whoever holds a key that a root names for the role.
#include <algorithm>

#include "host/text/text.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

// The ids under which a root lists this key for a role, where its signature is still to come.
Answer<std::vector<std::string>> ids_of(const RoleSigner& signer, std::string_view role, Bytes file,
                                        const Judges& judges) {
  std::vector<std::string> ids;
  for (const Buffer& root : judges) {
    AIRLOCK_ASSIGN(const tuf::Tally tally, tuf::tally(root, role, file));
    for (const tuf::TalliedKey& key : tally.yet_to_sign) {
      const bool is_his = key.material == signer.half.material;
      if (is_his && std::ranges::find(ids, key.id) == ids.end()) ids.push_back(key.id);
    }
  }
  return ids;
}

// Whether targets metadata names this key for some role below it.
Answer<bool> signs_below(const RoleSigner& signer, Bytes delegating) {
  if (delegating.empty()) return false;
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(delegating));
  const std::string material = text::to_hex(signer.half.material);
  return std::ranges::any_of(outline.keys, [&](const tuf::OutlinedKey& key) {
    const auto names = [&](const tuf::OutlinedRole& role) {
      return std::ranges::find(role.key_ids, key.id) != role.key_ids.end();
    };
    return key.usable && key.material == material && std::ranges::any_of(outline.roles, names);
  });
}

// What stands there under this id is no signature of the key, or it would have counted.
void put(const tuf::RoleSignature& added, std::vector<tuf::RoleSignature>& signatures) {
  std::erase_if(signatures, [&](const auto& one) { return one.key_id == added.key_id; });
  signatures.push_back(added);
}

}  // namespace

Answer<void> is_free(const Path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return {};
  return Refusal::of(Code::exists_already, path.string());
}

Answer<void> with_its_half(const Path& open, Answer<void> made) {
  if (!made) (void)file::remove_file(open);
  return made;
}

Answer<RoleSigner> role_signer(keys::RepositoryKey key, std::string name) {
  if (key.door() == keys::Door::package) return Refusal::of(Code::key_in_both_doors, name);
  AIRLOCK_ASSIGN(tuf::PublicKey half, naming(name, tuf::key_from_pem(key.public_pem())));
  return RoleSigner{std::move(key), std::move(half), std::move(name)};
}

Answer<RoleSigner> make_role_key(const Path& stem, keys::RepositoryKey::Type type,
                                 const keys::Secret& passphrase) {
  const Path secret = stem.string() + ".key", open = stem.string() + ".pub";
  AIRLOCK_ASSIGN(keys::RepositoryKey key, keys::RepositoryKey::generate(type));
  AIRLOCK_TRY(is_free(secret));
  AIRLOCK_TRY(naming(open, file::create(open, bytes_of(key.public_pem()))));
  AIRLOCK_TRY(with_its_half(open, naming(secret, key.save(secret, passphrase))));
  return role_signer(std::move(key), secret.string());
}

Answer<std::string> sign_as(std::string_view role, std::string_view draft, RoleSigners signers,
                            const Judges& judges) {
  AIRLOCK_ASSIGN(const std::string file, tuf::join(draft, {}));
  AIRLOCK_ASSIGN(const Buffer made, sign_file(role, bytes_of(file), signers, judges));
  return std::string(text_of(made));
}

Answer<Buffer> sign_file(std::string_view role, Bytes file, RoleSigners signers,
                         const Judges& judges) {
  AIRLOCK_ASSIGN(tuf::Parts parts, tuf::take_apart(file));
  for (const RoleSigner& signer : signers) {
    AIRLOCK_ASSIGN(const std::vector<std::string> ids, ids_of(signer, role, file, judges));
    if (ids.empty()) continue;
    AIRLOCK_ASSIGN(const keys::Signature signature,
                   naming(signer.name, signer.key.sign(bytes_of(parts.message))));
    for (const std::string& id : ids) put({id, signature}, parts.signatures);
  }
  AIRLOCK_ASSIGN(const std::string made, tuf::join(parts.draft, parts.signatures));
  return Buffer(made.begin(), made.end());
}

Answer<Buffer> merge_signatures(std::string_view role, Bytes file, Bytes copy,
                                const Judges& judges) {
  AIRLOCK_ASSIGN(tuf::Parts parts, tuf::take_apart(file));
  AIRLOCK_ASSIGN(const tuf::Parts others, tuf::take_apart(copy));
  for (const Buffer& root : judges) {
    AIRLOCK_ASSIGN(const tuf::Tally here, tuf::tally(root, role, file));
    AIRLOCK_ASSIGN(const tuf::Tally there, tuf::tally(root, role, copy));
    for (const tuf::TalliedKey& key : there.signed_by) {
      const auto counts = [&](const tuf::TalliedKey& one) { return one.material == key.material; };
      const auto found = std::ranges::find(others.signatures, key.id, &tuf::RoleSignature::key_id);
      if (std::ranges::any_of(here.signed_by, counts) || found == others.signatures.end()) continue;
      put(*found, parts.signatures);
    }
  }
  AIRLOCK_ASSIGN(const std::string made, tuf::join(parts.draft, parts.signatures));
  return Buffer(made.begin(), made.end());
}

Answer<void> check_each_signs(RoleSigners signers, std::span<const std::string_view> roles,
                              const Judges& judges, Bytes delegating) {
  AIRLOCK_ASSIGN(const std::string nothing, tuf::join("{}", {}));
  for (const RoleSigner& signer : signers) {
    AIRLOCK_ASSIGN(bool signs, signs_below(signer, delegating));
    for (std::string_view role : roles) {
      AIRLOCK_ASSIGN(const auto ids, ids_of(signer, role, bytes_of(nothing), judges));
      signs = signs || !ids.empty();
    }
    if (!signs) return Refusal::of(Code::no_role_for_key, signer.name);
  }
  return {};
}

}  // namespace airlock::release
