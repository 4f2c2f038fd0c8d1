#include "engine/fee/policy/compile.h"

#include <algorithm>
#include <array>

#include "engine/fee/strategy/amounts.h"
#include "engine/fee/strategy/composite.h"
#include "engine/fee/strategy/network.h"

namespace airlock::fee {
namespace {

constexpr std::uint64_t kMost = ~std::uint64_t{0};

// A strategy that is to be made: its keyword's body, and the places of its parts.
struct Pending {
  Node body;
  std::string_view keyword;
  std::size_t depth;
  std::vector<std::size_t> parts{};
  std::vector<When> whens{};  // of first_match
};

Read<Tier> read_tier(Node node, bool is_last, bool may_be_fixed) {
  AIRLOCK_ASSIGN(const Fields fields, may_be_fixed ? Fields::of(node, {"up_to", "rate", "fixed"})
                                                   : Fields::of(node, {"up_to", "rate"}));
  Tier tier;
  const auto up_to = fields.optional("up_to");
  if (up_to.has_value() == is_last)
    return refuse_at(node, Code::bad_policy,
                     is_last ? "the last tier has an edge" : "a tier before the last has no edge",
                     "give up_to to each tier but the last, which takes all that is above");
  if (up_to) {
    AIRLOCK_ASSIGN(tier.up_to, amount(*up_to));
  }
  const auto fixed = fields.optional("fixed");
  if (fixed && fields.optional("rate"))
    return refuse_at(node, Code::bad_policy, "a tier has a rate and a fixed fee",
                     "give one of them");
  if (fixed) {
    AIRLOCK_ASSIGN(tier.fixed, amount(*fixed));
    return tier;
  }
  AIRLOCK_ASSIGN(const Node rate_node, fields.required("rate"));
  AIRLOCK_ASSIGN(tier.rate, rate(rate_node));
  return tier;
}

Read<Owned> make_tiers(Node body) {
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(body, {"mode", "of"}));
  AIRLOCK_ASSIGN(const Node mode, fields.required("mode"));
  const std::string_view named = mode.is_scalar() ? mode.scalar() : "";
  if (named != "marginal" && named != "whole")
    return refuse_at(mode, Code::bad_policy, "this is no mode of tiers", "write marginal or whole");
  AIRLOCK_ASSIGN(const Node of, fields.required("of"));
  AIRLOCK_ASSIGN(const yaml::Elements list, elements(of, kTiersMax));
  std::vector<Tier> tiers;
  for (const Node node : list) {
    AIRLOCK_ASSIGN(const Tier tier,
                   read_tier(node, tiers.size() + 1 == of.count(), named == "whole"));
    if (tier.up_to && !tiers.empty() && *tier.up_to <= *tiers.back().up_to)
      return refuse_at(node, Code::bad_policy, "the tier's edge is not above the one before",
                       "write the tiers from the lowest edge to the highest");
    tiers.push_back(tier);
  }
  if (named == "whole") return Owned(new WholeTiers(std::move(tiers)));
  auto made = MarginalTiers::make(tiers);
  if (made) return std::move(*made);
  return refuse_at(of, made.error().code, "the tiers' rates cannot be added exactly",
                   "give the rates fewer digits, or the tiers lower edges");
}

Read<Priority> read_priority(const Fields& fields) {
  Priority made;
  AIRLOCK_ASSIGN(const Node node, fields.required("priority"));
  const std::string_view text = node.is_scalar() ? node.scalar() : "";
  const auto percent =
      text.starts_with('p') ? number::read(text.substr(1)) : Result<U256>(fail(Code::bad_text));
  if (!percent || *percent > U256(100))
    return refuse_at(node, Code::bad_policy, "this is no percentile",
                     "write p0 to p100, such as p50");
  made.percent = static_cast<std::uint32_t>(percent->limbs[0]);
  if (const auto least = fields.optional("at_least")) {
    AIRLOCK_ASSIGN(made.at_least, integer(*least, {"priority fee", 0, kMost}));
  }
  if (const auto most = fields.optional("at_most")) {
    AIRLOCK_ASSIGN(made.at_most, integer(*most, {"priority fee", made.at_least, kMost}));
  }
  return made;
}

Read<Owned> make_eip1559(Node body) {
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(body, {"base_fee", "priority", "at_least", "at_most"}));
  AIRLOCK_ASSIGN(const Node base_node, fields.required("base_fee"));
  AIRLOCK_ASSIGN(const Ratio base, rate(base_node));
  AIRLOCK_ASSIGN(const Priority priority, read_priority(fields));
  return Owned(new Eip1559(base, priority));
}

Read<Owned> make_solana(Node body) {
  AIRLOCK_ASSIGN(const Fields fields,
                 Fields::of(body, {"per_signature", "priority", "at_least", "at_most"}));
  AIRLOCK_ASSIGN(const Node node, fields.required("per_signature"));
  AIRLOCK_ASSIGN(const std::uint64_t lamports, integer(node, {"number of lamports", 0, kMost}));
  AIRLOCK_ASSIGN(const Priority priority, read_priority(fields));
  return Owned(new SolanaPriority(lamports, priority));
}

Read<Owned> make_fixed(Node body) {
  AIRLOCK_ASSIGN(const U256 fee, amount(body));
  return Owned(new Fixed(fee));
}

Read<Owned> make_percentage(Node body) {
  AIRLOCK_ASSIGN(const Ratio part, rate(body));
  return Owned(new Percentage(part));
}

// Strategies are listed with those above them first, and made from the last to the first: the parts
// of each are there when it is made, however they nest.
class Compiler {
 public:
  Read<Owned> compile(Node root) {
    AIRLOCK_TRY(add(root, 1));
    for (std::size_t i = 0; i < pending_.size(); ++i) AIRLOCK_TRY(add_parts(i));
    made_.resize(pending_.size());
    for (std::size_t i = pending_.size(); i-- > 0;) {
      AIRLOCK_ASSIGN(made_[i], make(pending_[i]));
    }
    return std::move(made_[0]);
  }

 private:
  struct Keyword {
    std::string_view name;
    Read<Owned> (*make)(Node body);  // of a strategy that is made of no others
  };
  static constexpr std::array<Keyword, 10> kKeywords = {{
      {"fixed", &make_fixed},
      {"percentage", &make_percentage},
      {"tiers", &make_tiers},
      {"eip1559", &make_eip1559},
      {"solana", &make_solana},
      {"minimum", nullptr},
      {"maximum", nullptr},
      {"sum", nullptr},
      {"max_of", nullptr},
      {"first_match", nullptr},
  }};

  static const Keyword* keyword_named(std::string_view name) {
    const auto found = std::ranges::find(kKeywords, name, &Keyword::name);
    return found == kKeywords.end() ? nullptr : &*found;
  }

  Read<void> add(Node node, std::size_t depth) {
    std::string known;
    for (const Keyword& keyword : kKeywords)
      known += (known.empty() ? "" : ", ") + std::string(keyword.name);
    if (!node.is_mapping() || node.count() != 1)
      return refuse_at(node, Code::bad_policy, "here must stand one strategy",
                       "write a mapping with one of " + known);
    if (depth > kDepthMax)
      return refuse_at(node, Code::too_deep,
                       "strategies nest deeper than " + std::to_string(kDepthMax), "nest less");
    const yaml::Member only = *node.members().begin();
    const Keyword* const keyword = keyword_named(only.name.scalar());
    if (keyword == nullptr)
      return refuse_at(only.name, Code::unknown_field, "this is no strategy", "known are " + known);
    pending_.push_back({only.value, keyword->name, depth});
    return {};
  }

  Read<void> add_part(std::size_t of, Node node) {
    pending_[of].parts.push_back(pending_.size());
    return add(node, pending_[of].depth + 1);
  }

  Read<void> add_parts(std::size_t place) {
    const std::string_view keyword = pending_[place].keyword;
    const Node body = pending_[place].body;
    if (keyword == "sum" || keyword == "max_of") {
      AIRLOCK_ASSIGN(const yaml::Elements list, elements(body, kPartsMax));
      for (const Node part : list) AIRLOCK_TRY(add_part(place, part));
    } else if (keyword == "minimum" || keyword == "maximum") {
      const std::string_view bound = keyword == "minimum" ? "at_least" : "at_most";
      AIRLOCK_ASSIGN(const Fields fields, Fields::of(body, {"of", bound}));
      AIRLOCK_ASSIGN(const Node part, fields.required("of"));
      return add_part(place, part);
    } else if (keyword == "first_match") {
      return add_cases(place, body);
    }
    return {};
  }

  Read<void> add_cases(std::size_t place, Node body) {
    AIRLOCK_ASSIGN(const yaml::Elements list, elements(body, kPartsMax));
    for (const Node node : list) {
      AIRLOCK_ASSIGN(const Fields fields, Fields::of(node, {"when", "fee"}));
      When condition;
      if (const auto given = fields.optional("when")) {
        AIRLOCK_ASSIGN(condition, when(*given));
      }
      pending_[place].whens.push_back(std::move(condition));
      AIRLOCK_ASSIGN(const Node part, fields.required("fee"));
      AIRLOCK_TRY(add_part(place, part));
    }
    return {};
  }

  Read<Owned> make(Pending& pending) {
    const Keyword& keyword = *keyword_named(pending.keyword);
    if (keyword.make != nullptr) return keyword.make(pending.body);
    if (keyword.name == "first_match") return make_first_match(pending);
    std::vector<Owned> parts;
    for (const std::size_t part : pending.parts) parts.push_back(std::move(made_[part]));
    if (keyword.name == "sum") return Owned(new Sum(std::move(parts)));
    if (keyword.name == "max_of") return Owned(new MaxOf(std::move(parts)));
    if (keyword.name == "minimum") {
      AIRLOCK_ASSIGN(const U256 bound, bound_of(pending, "at_least"));
      return Owned(new Minimum(std::move(parts[0]), bound));
    }
    AIRLOCK_ASSIGN(const U256 bound, bound_of(pending, "at_most"));
    return Owned(new Maximum(std::move(parts[0]), bound));
  }

  static Read<U256> bound_of(const Pending& pending, std::string_view name) {
    const auto bound = pending.body.member(name);
    if (bound) return amount(*bound);
    return refuse_at(pending.body, Code::missing_field, std::string(name) + " is missing here",
                     "add it");
  }

  Read<Owned> make_first_match(Pending& pending) {
    std::vector<FirstMatch::Case> cases;
    for (std::size_t i = 0; i < pending.parts.size(); ++i)
      cases.push_back({std::move(pending.whens[i]), std::move(made_[pending.parts[i]])});
    return Owned(new FirstMatch(std::move(cases)));
  }

  std::vector<Pending> pending_;
  std::vector<Owned> made_;
};

}  // namespace

Read<Owned> compile(Node node) { return Compiler().compile(node); }

}  // namespace airlock::fee
