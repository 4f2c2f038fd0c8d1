#include <algorithm>
#include <cstring>
#include <map>

#include "engine/abi/pack/pack.h"

namespace airlock::abi::pack {
namespace {

using Buffer = std::vector<std::uint8_t>;

template <class Record>
void append(Buffer& file, std::span<const Record> records) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(records.data());
  file.insert(file.end(), from, from + records.size_bytes());
}

Result<std::vector<const Item*>> sorted(std::span<const Item> items) {
  if (items.size() > package::kEntriesMax) return fail(Code::too_many, items.size());
  std::vector<const Item*> order;
  for (const Item& item : items) {
    if (!entry::is_key(item.key)) return fail(Code::out_of_range, order.size());
    if (item.content.size() > kContentSizeMax) return fail(Code::oversized, order.size());
    order.push_back(&item);
  }
  std::sort(order.begin(), order.end(),
            [](const Item* a, const Item* b) { return a->key < b->key; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i]->key == order[i - 1]->key)
      return fail(Code::duplicate_key, static_cast<std::uint64_t>(order[i] - items.data()));
  }
  return order;
}

}  // namespace

Result<Buffer> build(std::span<const Item> items) {
  AIRLOCK_ASSIGN(const std::vector<const Item*> order, sorted(items));
  std::string keys;
  for (const Item* item : order) keys += item->key;
  std::vector<Pack::Record> index;
  std::map<Digest, std::uint32_t> kept;
  std::uint64_t end = sizeof(Pack::Head) + order.size() * sizeof(Pack::Record) + keys.size();
  std::uint32_t key_at = 0;
  for (const Item* item : order) {
    const auto place = static_cast<std::uint32_t>(index.size());
    const Digest digest = crypto::sha256(item->content);
    const auto [first, is_new] = kept.try_emplace(digest, place);
    Pack::Record record{};
    record.key_at = key_at;
    record.key_size = static_cast<std::uint32_t>(item->key.size());
    key_at += record.key_size;
    record.size = static_cast<std::uint32_t>(item->content.size());
    record.same_as = first->second;
    record.digest = digest.bytes;
    if (is_new) {
      record.at = (end + kAlignment - 1) / kAlignment * kAlignment;
      end = record.at + record.size;
    } else {
      record.at = index[first->second].at;
    }
    index.push_back(record);
  }
  if (end > kPackSizeMax) return fail(Code::oversized, end);
  Buffer file;
  file.reserve(end);
  const Pack::Head head{Pack::kMagic, kPackVersion, static_cast<std::uint32_t>(index.size()),
                        static_cast<std::uint32_t>(keys.size())};
  append<Pack::Head>(file, {&head, 1});
  append<Pack::Record>(file, index);
  append<char>(file, {keys.data(), keys.size()});
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (index[i].same_as != i) continue;
    file.resize(index[i].at);
    file.insert(file.end(), order[i]->content.begin(), order[i]->content.end());
  }
  return file;
}

}  // namespace airlock::abi::pack
