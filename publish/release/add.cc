// Plain files as targets: for command lines, and whatever else is no package.
#include <algorithm>

#include "publish/release/desk.h"

namespace airlock::release {
namespace {

bool is_below_a_kind(std::string_view path) {
  return std::ranges::any_of(package::kKinds, [&](package::Kind kind) {
    const std::string_view folder = package::name_of(kind);
    return path == folder || path.starts_with(std::string(folder) + "/");
  });
}

// What a device would fetch as a package must not come to stand there, or be taken from there.
Answer<void> check_path(const std::string& path, Newest& current) {
  if (!tuf::is_target_path(path)) return Refusal::of(Code::bad_text, path);
  if (is_below_a_kind(path)) return Refusal::of(Code::path_reserved, path);
  const auto there = current.find(path);
  if (there && tuf::claims_a_package(*there)) return Refusal::of(Code::path_reserved, path);
  return {};
}

bool is_package(Bytes bytes) {
  constexpr std::uint8_t kCoseSign[] = {0xd8, 98};
  return bytes.size() >= 2 && equal(bytes.first(2), kCoseSign);
}

struct Plain {
  tuf::Target target;
  Buffer bytes;
};
Answer<Plain> read_plain(const PlainFile& file, Newest& current) {
  AIRLOCK_TRY(check_path(file.path, current));
  Result<Buffer> bytes = file::read(file.file, kPlainSizeMax);
  if (!bytes) return Refusal::of(bytes.error(), file.file.string());
  if (is_package(*bytes)) return Refusal::of(Code::is_a_package, file.file.string());
  return Plain{{file.path, bytes->size(), crypto::sha256(*bytes)}, std::move(*bytes)};
}

Answer<void> write_plain(const Path& repository, const Plain& plain) {
  const Path path = repository / kTargetsFolder / tuf::path_of_target(plain.target, true);
  AIRLOCK_TRY(naming(path.parent_path(), file::make_folders(path.parent_path())));
  return naming(path, file::replace(path, plain.bytes));
}

}  // namespace

Answer<Settled> add(const AddOrder& order) {
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  file::remove_unfinished(order.repository);
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_TRY(check_signers(desk, order.signers));
  AIRLOCK_ASSIGN(Newest* const newest, desk.newest());
  tuf::TargetsChange change{{}, order.removed};
  for (const std::string& path : order.removed) {
    AIRLOCK_TRY(newest->find(path));
  }
  for (const PlainFile& file : order.files) {
    AIRLOCK_ASSIGN(const Plain plain, read_plain(file, *newest));
    AIRLOCK_TRY(write_plain(order.repository, plain));
    change.put.push_back(plain.target);
  }
  AIRLOCK_TRY(draft_targets(desk, change, order.now + kTargetsValid, order.role));
  AIRLOCK_TRY(desk.complete(order.signers, Rules::newest));
  AIRLOCK_TRY(settle_lists(desk, Rules::newest, order.now));
  return answer_of(desk, OldKeys::at_hand, order.now);
}

}  // namespace airlock::release
