// publish/online: secrets that must lie online, replaced before a thief is done with them.
//
// It is for the few secrets that no ceremony can guard, since a process needs them every minute:
// the timestamp key, and the certificates of servers and operators with their keys. It promises
// that
//   - a timestamp key comes into use only when the newest root already lists it and the device's
//     own code has accepted a timestamp by it: signing knows no gap;
//   - a new certificate says what the present one says (subject, names, uses), for a key that was
//     never used before;
//   - after a crash at any step the present secret or the next one stands whole in its place, and
//     the next run goes on from there.
// It never touches a key of the package door, nor one that root does not list for the timestamp:
// those change by root's own signatures (airlock repo rotate) and by keyring packages.
//
// A timestamp folder holds repo-timestamp.key and .pub, which sign now, `since`, when they began
// to, and next/*.key with *.pub, all under one passphrase.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "publish/release/repository.h"

namespace airlock::online {

using file::Buffer;
using file::Path;
using release::Answer;
using release::naming;
using release::Refusal;

// is_due says whether a secret in use since `since` is to be replaced; one whose beginning is not
// known is. `ends` is when it expires by itself, of a certificate: it never comes that far.
struct Age {
  std::optional<std::int64_t> since;
  std::optional<std::int64_t> ends{};
};
bool is_due(const Age& age, std::int64_t every, std::int64_t now);

// ---- the timestamp key

struct TimestampOrder {
  Path repository;
  Path folder;
  std::int64_t valid_seconds = 0;  // of the timestamp that the next key signs
  std::int64_t now = 0;
};
struct TimestampChange {
  std::string name;          // of the key that took its place, as in next/
  std::size_t left = 0;      // keys in next/ that root lists too
  std::size_t unlisted = 0;  // keys in next/ that root does not list (yet)
};
// timestamp_age reads since when the present key signs.
Age timestamp_age(const Path& folder);
// change_timestamp_key signs a timestamp with the first of next/, by name, that root lists, and
// puts that key in its place. Errors: no_next_key (about next/), and those of opening the key and
// of release::renew_timestamp.
Answer<TimestampChange> change_timestamp_key(const TimestampOrder& order,
                                             const keys::Secret& passphrase);

// ---- certificates

// A certificate chain and its key, PEM; they may be one file, which is then replaced in one step.
struct CertificateFiles {
  Path certificate;
  Path key;
};
// certificate_age reads when a certificate begins and ends; nothing of it where it has no key that
// fits. Errors, about the file: wrong_magic, and those of reading.
Answer<Age> certificate_age(const CertificateFiles& files);

// Who certifies: a certificate and its key, which may be encrypted.
class Authority {
 public:
  // open errors, about the file: wrong_magic, wrong_passphrase, key_mismatch, and those of reading.
  static Answer<Authority> open(const CertificateFiles& files, const keys::Secret* passphrase);
  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  // renew makes a key of P-256 and a certificate for it that is valid from now on, and puts both
  // in the place of the present ones. Returns when it ends: not after the authority does. Errors:
  // untrusted_chain (another one issued the present certificate), outside_validity (the authority
  // itself ended), and those of reading and writing.
  Answer<std::int64_t> renew(const CertificateFiles& files, std::int64_t valid_seconds,
                             std::int64_t now) const;

 private:
  struct Opened;
  explicit Authority(std::unique_ptr<Opened> opened);
  std::unique_ptr<Opened> opened_;
};

}  // namespace airlock::online
