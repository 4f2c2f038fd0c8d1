// What stands in a document of fees and nowhere else, read as what belongs there (host/yaml).
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fee/strategy/when.h"
#include "host/yaml/fields.h"

namespace airlock::fee {

using yaml::Bounds;
using yaml::elements;
using yaml::Fault;
using yaml::Fields;
using yaml::integer;
using yaml::Node;
using yaml::refuse_at;
template <class T>
using Read = yaml::Read<T>;

// amount reads a whole number of smallest units.
Read<U256> amount(Node node);
// rate reads "0.25%" or "25bp", at most 16 digits in all.
Read<Ratio> rate(Node node);
// share reads "12.34%", at most 100%, as a part of kWhole.
Read<std::uint32_t> share(Node node);
// word reads a text of 1 to kWordSizeMax bytes without spaces.
Read<std::string> word(Node node);
// patterns reads a word or a list of words, each with a '*' at its end at most.
Read<AnyOf> patterns(Node node);
// time reads "2026-12-01T00:00:00Z", minute "22:00": both in quotes, and both in UTC.
Read<std::int64_t> time(Node node);
Read<std::uint32_t> minute(Node node);
Read<Rounding> rounding(Node node);

// when reads conditions (docs/formats/fee-policy.md).
Read<When> when(Node node);

}  // namespace airlock::fee
