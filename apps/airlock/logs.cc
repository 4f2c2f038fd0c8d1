#include "apps/airlock/logs.h"

#include <chrono>
#include <thread>

#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr auto kBetweenLooks = std::chrono::seconds(1);

// What of the witnesses has come since; a witness that cannot be asked now is asked again.
std::string gather(const std::vector<std::unique_ptr<Place>>& witnesses,
                   const package::Checkpoint& wanted, const package::LogPolicy& policy) {
  std::string lines;
  for (const auto& witness : witnesses) {
    const auto note = witness->fetch(cosigned_path(policy.origin), package::kNoteSizeMax);
    if (note) lines += translog::cosignatures_in(text_of(*note), wanted, policy);
  }
  return lines;
}

std::expected<std::vector<std::unique_ptr<Place>>, Refusal> open_witnesses(const Logging& logging) {
  std::vector<std::unique_ptr<Place>> witnesses;
  for (const std::string& text : logging.cosigned) {
    AIRLOCK_ASSIGN(std::unique_ptr<Place> place, Place::open(text, logging.ca));
    witnesses.push_back(std::move(place));
  }
  return witnesses;
}

// Whether enough witnesses cosigned the log's newest checkpoint, once those are asked that have not
// been found there.
std::expected<bool, Refusal> take_cosignatures(const Logging& logging,
                                               const std::vector<std::unique_ptr<Place>>& witnesses,
                                               const package::LogPolicy& policy) {
  const translog::LogIdentity log = identity_of(policy);
  translog::FolderFetcher fetcher(logging.log);
  AIRLOCK_ANSWER_ASSIGN(const translog::SignedHead newest, translog::read_checkpoint(fetcher, log),
                        logging.log);
  AIRLOCK_ANSWER_ASSIGN(const package::Checkpoint wanted, package::Checkpoint::parse(newest.note),
                        logging.log);
  if (package::check_witnessed(wanted, policy)) return true;
  const std::string lines = gather(witnesses, wanted, policy);
  if (lines.empty()) return false;
  AIRLOCK_ANSWER_TRY(translog::keep_cosignatures(logging.log, log, lines), logging.log);
  AIRLOCK_ANSWER_ASSIGN(const std::string note, translog::with_cosignatures(newest.note, lines),
                        logging.log);
  AIRLOCK_ANSWER_ASSIGN(const package::Checkpoint cosigned, package::Checkpoint::parse(note),
                        logging.log);
  return package::check_witnessed(cosigned, policy).has_value();
}

}  // namespace

translog::Sign sign_by(const keys::SigningKey& key) {
  return [&key](Bytes message) -> Result<file::Buffer> {
    const std::array parts = {message};
    AIRLOCK_ASSIGN(const keys::Signature signature, key.sign(parts));
    return file::Buffer(signature.begin(), signature.end());
  };
}

std::expected<package::LogPolicy, Refusal> log_demanded(const OpenedKeyring& keyring,
                                                        const std::string& path) {
  if (const auto log = keyring.keyring.log()) return *log;
  return refuse(Code::usage, path +
                                 ": this keyring names no public log; draft one that does: "
                                 "airlock keyring draft --log ORIGIN=FILE.pub");
}

translog::LogIdentity identity_of(const package::LogPolicy& policy) {
  return {std::string(policy.origin), policy.key};
}

std::string cosigned_path(std::string_view origin) {
  return text::to_hex(crypto::sha256(bytes_of(origin)).bytes) + "/" +
         std::string(translog::kCheckpointFile);
}

std::expected<LoggedRelease, Refusal> add_to_log(const std::string& log,
                                                 const crypto::Digest& manifest,
                                                 const keys::SigningKey& key) {
  translog::FolderFetcher fetcher(log);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer note,
                        fetcher.fetch(translog::kCheckpointFile, package::kNoteSizeMax), log);
  AIRLOCK_ANSWER_ASSIGN(const package::Checkpoint last, package::Checkpoint::parse(text_of(note)),
                        log);
  const translog::LogIdentity identity{std::string(last.origin), key.public_key()};
  AIRLOCK_ANSWER_ASSIGN(const translog::Added added,
                        translog::add(log, identity, manifest, sign_by(key)), log);
  return LoggedRelease{added.index, added.head, added.is_new};
}

std::expected<package::Included, Refusal> prove_in_log(const Logging& logging,
                                                       const file::Path& package,
                                                       const crypto::Digest& manifest,
                                                       const package::LogPolicy& policy) {
  AIRLOCK_ASSIGN(const auto witnesses, open_witnesses(logging));
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(logging.wait_seconds);
  while (true) {
    AIRLOCK_ASSIGN(const bool enough, take_cosignatures(logging, witnesses, policy));
    if (enough || std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  translog::FolderFetcher fetcher(logging.log);
  AIRLOCK_ANSWER_ASSIGN(const std::string proof,
                        translog::make_proof(fetcher, identity_of(policy), manifest), logging.log);
  AIRLOCK_ANSWER_ASSIGN(const package::Included included,
                        package::prove_included(manifest, proof, policy), logging.log);
  const file::Path path = release::proof_path(package);
  AIRLOCK_ANSWER_TRY(file::replace(path, bytes_of(proof)), path.string());
  const file::Path tiles = path.parent_path() / release::kLogFolder;
  AIRLOCK_ANSWER_TRY(translog::copy_tiles(fetcher, included.head().size, tiles), tiles.string());
  return included;
}

}  // namespace airlock::app
