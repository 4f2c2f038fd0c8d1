#include "core/package/internal/fields.h"

namespace airlock::package::internal {

Status placed(const Status& read, const codec::CborReader& reader, std::size_t start) {
  if (read) return read;
  const std::uint64_t at = read.error().at;
  const bool names_a_part = at >= start && at <= reader.position();
  return fail(read.error().code, names_a_part ? at : start);
}

FieldsOf::FieldsOf(codec::CborReader& reader, const MapShape& shape)
    : reader_(reader),
      start_(reader.position()),
      required_(shape.required),
      fields_(reader, shape.entries_max) {}

void FieldsOf::took(const Status& value) {
  fields_.took(placed(value, reader_, fields_.value_at()));
}

Status FieldsOf::finish() const {
  AIRLOCK_TRY(fields_.finish());
  if ((required_ & ~fields_.seen()) != 0) return fail(Code::missing_field, start_);
  return {};
}

std::size_t offset_of(Bytes map, std::int64_t key) {
  codec::CborReader reader(map);
  const Result<std::size_t> count = reader.read_map(map.size());
  for (std::size_t i = 0; count && i < *count; ++i) {
    const Result<std::int64_t> found = reader.read_integer();
    if (!found) return 0;
    if (*found == key) return reader.position();
    if (!reader.skip_item()) return 0;
  }
  return 0;
}

}  // namespace airlock::package::internal
