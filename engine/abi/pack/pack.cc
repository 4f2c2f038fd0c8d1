#include "engine/abi/pack/pack.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace airlock::abi::pack {
namespace {

static_assert(std::endian::native == std::endian::little, "a pack is read where it lies");

std::uint64_t aligned(std::uint64_t at) { return (at + kAlignment - 1) / kAlignment * kAlignment; }

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Result<Pack> Pack::open(Bytes file) {
  AIRLOCK_CHECK(reinterpret_cast<std::uintptr_t>(file.data()) % kAlignment == 0);
  static_assert(sizeof(Head) == 16 && sizeof(Record) == 56);
  if (file.size() > kPackSizeMax) return fail(Code::oversized, file.size());
  if (file.size() < sizeof(Head)) return fail(Code::bad_pack);
  const Head& head = *reinterpret_cast<const Head*>(file.data());
  if (head.magic != kMagic) return fail(Code::wrong_magic);
  if (head.version != kPackVersion) return fail(Code::unsupported_version, head.version);
  if (head.count > package::kEntriesMax) return fail(Code::bad_pack);
  Bytes rest = file.subspan(sizeof(Head));
  const std::uint64_t index_size = std::uint64_t{head.count} * sizeof(Record);
  if (rest.size() < index_size || rest.size() - index_size < head.keys_size)
    return fail(Code::bad_pack);
  Pack pack;
  pack.file_ = file;
  pack.index_ = {reinterpret_cast<const Record*>(rest.data()), head.count};
  pack.keys_ = text_of(rest.subspan(index_size, head.keys_size));
  AIRLOCK_TRY(pack.check_index());
  return pack;
}

// The file has one form: keys ascend and touch, contents follow each other in the order of their
// first key, and nothing lies between or behind them but the zeros that align them.
Status Pack::check_index() const {
  std::uint64_t key_at = 0;
  std::uint64_t end = sizeof(Head) + index_.size_bytes() + keys_.size();
  for (std::uint32_t i = 0; i < index_.size(); ++i) {
    const Record& record = index_[i];
    if (record.key_at != key_at || record.key_size > keys_.size() - key_at)
      return fail(Code::bad_pack, i);
    key_at += record.key_size;
    if (!entry::is_key(key(i)) || (i > 0 && key(i) <= key(i - 1))) return fail(Code::bad_pack, i);
    if (record.size > kContentSizeMax || record.same_as > i) return fail(Code::bad_pack, i);
    if (record.same_as < i) {
      const Record& first = index_[record.same_as];
      if (first.same_as != record.same_as || first.at != record.at || first.size != record.size ||
          first.digest != record.digest)
        return fail(Code::bad_pack, i);
      continue;
    }
    if (record.at != aligned(end) || record.at > file_.size() ||
        record.size > file_.size() - record.at)
      return fail(Code::bad_pack, i);
    if (!all_zero(file_.subspan(end, record.at - end))) return fail(Code::bad_pack, i);
    end = record.at + record.size;
  }
  if (key_at != keys_.size() || end != file_.size()) return fail(Code::bad_pack, index_.size());
  return {};
}

std::string_view Pack::key(std::uint32_t place) const {
  AIRLOCK_CHECK(place < index_.size());
  return keys_.substr(index_[place].key_at, index_[place].key_size);
}

Result<Bytes> Pack::content(std::uint32_t place) const {
  AIRLOCK_CHECK(place < index_.size());
  const Bytes content = file_.subspan(index_[place].at, index_[place].size);
  if (crypto::sha256(content) != digest(place)) return fail(Code::entry_mismatch, place);
  return content;
}

std::uint32_t Pack::first_from(std::string_view key) const {
  std::uint32_t low = 0, high = count();
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (this->key(middle) < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::optional<std::uint32_t> Pack::find(std::string_view key) const {
  const std::uint32_t place = first_from(key);
  if (place == count() || this->key(place) != key) return std::nullopt;
  return place;
}

std::vector<Digest> Pack::leaves() const {
  std::vector<Digest> leaves;
  leaves.reserve(count());
  for (std::uint32_t i = 0; i < count(); ++i) leaves.push_back(entry::leaf_of(key(i), digest(i)));
  return leaves;
}

Entries Pack::entries() const {
  package::TreeHasher hasher;
  for (const Digest& leaf : leaves()) hasher.add(leaf);
  return {hasher.root(), count()};
}

Status Pack::check_entries(const Entries& committed) const {
  const Entries found = entries();
  if (found.count != committed.count || found.root != committed.root)
    return fail(Code::entry_mismatch);
  return {};
}

std::vector<std::uint8_t> Pack::prove(std::string_view key) const {
  const std::vector<Digest> all = leaves();
  entry::Proof proof;
  const auto add = [&](std::uint32_t place) {
    entry::Leaf leaf{place, this->key(place), digest(place), {}};
    std::array<Digest, entry::kPathMax> path;
    const std::size_t size = package::write_inclusion_path(all, place, path);
    for (std::size_t i = 0; i < size; ++i) AIRLOCK_CHECK(leaf.path.add(path[i]).has_value());
    AIRLOCK_CHECK(proof.leaves.add(leaf).has_value());
  };
  const std::uint32_t place = first_from(key);
  if (place < count() && this->key(place) == key) {
    add(place);
  } else {
    if (place > 0) add(place - 1);
    if (place < count()) add(place);
  }
  std::vector<std::uint8_t> room(entry::kProofSizeMax);
  const auto encoded = entry::encode(proof, room);
  AIRLOCK_CHECK(encoded.has_value());
  room.resize(encoded->size());
  return room;
}

}  // namespace airlock::abi::pack
