#include "trust/translog/witness.h"

#include "core/package/names.h"

namespace airlock::translog {
namespace {

constexpr std::string_view kLockFile = "witness.lock";
constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kUnprocessable = 422;
constexpr int kFailed = 500;

Reply refuse(int status, Error why) {
  Reply reply;
  reply.status = status;
  reply.body = std::string(name(why.code)) + ": " + std::string(explain(why.code)) + "\n";
  reply.why = why;
  return reply;
}

// The checkpoint with the signatures of its log alone: others are nothing that the witness
// verified.
std::string note_of_log(const package::Checkpoint& checkpoint, const LogIdentity& log) {
  const std::uint32_t id = package::note_key_id(log.origin, package::NoteKeyType::ed25519, log.key);
  std::string note = std::string(checkpoint.note.text) + "\n";
  for (const package::NoteSignature& signature : checkpoint.note.signatures) {
    if (signature.name != log.origin || signature.key_id != id) continue;
    note += signature_line(signature);
  }
  return note;
}

}  // namespace

Result<Witness> Witness::open(const file::Path& folder, WitnessIdentity who, Sign sign) {
  const bool named = package::is_note_name(who.name) && who.name.size() <= package::kNameMax;
  if (!named) return fail(Code::bad_text);
  AIRLOCK_TRY(file::make_folders(folder));
  AIRLOCK_ASSIGN(file::File lock, file::File::open(folder / kLockFile, file::Access::create));
  AIRLOCK_TRY(lock.lock());
  file::remove_unfinished(folder);
  Witness witness(folder, std::move(who), std::move(sign), std::move(lock));
  FolderFetcher stored(folder);
  const Result<SignedHead> last = read_checkpoint(stored, witness.who_.log);
  if (!last && last.error().code == Code::not_found) return witness;
  if (!last) return std::unexpected(last.error());
  witness.last_ = last->head;
  witness.note_ = last->note;
  return witness;
}

Status Witness::check_continues(const package::Growth& growth, const TreeHead& next) const {
  const TreeHead before{growth.old_size, last_.root};
  if (!package::verify_consistency(before, next, growth.path)) {
    return fail(Code::log_forked, next.size);
  }
  return {};
}

// Stored before anybody has it: what is cosigned binds the witness from then on.
Result<std::string> Witness::keep(const package::Checkpoint& checkpoint, std::int64_t now) {
  AIRLOCK_ASSIGN(std::string line, cosign(checkpoint, {who_.name, who_.key}, now, sign_));
  AIRLOCK_ASSIGN(std::string note, with_cosignatures(note_of_log(checkpoint, who_.log), line));
  AIRLOCK_TRY(file::replace(folder_ / kCheckpointFile, bytes_of(note)));
  last_ = checkpoint.head;
  note_ = std::move(note);
  return line;
}

Reply Witness::add_checkpoint(std::string_view request, std::int64_t now) {
  std::string_view rest = request;
  const Result<package::Growth> growth = package::Growth::take(rest);
  if (!growth) return refuse(kBadRequest, growth.error());
  const Result<package::Checkpoint> checkpoint = package::Checkpoint::parse(rest);
  if (!checkpoint) return refuse(kBadRequest, checkpoint.error());
  if (checkpoint->origin != who_.log.origin) return refuse(kNotFound, {Code::wrong_log});
  const Status by_log = package::check_log_signature(*checkpoint, who_.log.origin, who_.log.key);
  if (!by_log) return refuse(kForbidden, by_log.error());
  if (growth->old_size > checkpoint->head.size) {
    return refuse(kBadRequest, {Code::out_of_range, growth->old_size});
  }
  if (growth->old_size != last_.size) {
    return {kConflict,
            std::to_string(last_.size) + "\n",
            "text/x.tlog.size",
            {Code::conflict, last_.size}};
  }
  const Status continues = check_continues(*growth, checkpoint->head);
  if (!continues) return refuse(kUnprocessable, continues.error());
  Result<std::string> line = keep(*checkpoint, now);
  if (!line) return refuse(kFailed, line.error());
  return {200, std::move(*line)};
}

Reply Witness::latest() const {
  if (note_.empty()) return refuse(kNotFound, {Code::not_found});
  return {200, note_};
}

Result<std::string> request_for(Fetcher& fetcher, const LogIdentity& log, std::uint64_t old_size) {
  AIRLOCK_ASSIGN(const SignedHead newest, read_checkpoint(fetcher, log));
  if (newest.head.size < old_size) return fail(Code::log_went_back, newest.head.size);
  Tree tree(fetcher, newest.head.size);
  AIRLOCK_ASSIGN(const std::vector<Digest> path, tree.growth(old_size));
  return write_growth(old_size, path) + newest.note;
}

Result<std::string> visit(Fetcher& fetcher, const LogIdentity& log, Witness& witness,
                          std::int64_t now) {
  AIRLOCK_ASSIGN(const std::string request, request_for(fetcher, log, witness.size()));
  const Reply reply = witness.add_checkpoint(request, now);
  if (reply.why.code != Code::ok) return std::unexpected(reply.why);
  return reply.body;
}

}  // namespace airlock::translog
