// Choosing the tokens of a block: the cheapest way through it, by prices of the pass before.
#include "publish/diff/internal/finder.h"
#include "publish/diff/internal/prices.h"
#include "publish/diff/internal/residuals.h"

namespace airlock::diff {

using namespace delta;

namespace {

// A match of this length is taken without looking at shorter ones.
constexpr std::uint32_t kLengthTaken = 128;
constexpr int kPasses = 3;

// Steps of one kind and ascending length; `price` is the part that all of them share.
struct Steps {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t choice = 0;
  std::uint32_t price = 0;
};

class Parser {
 public:
  Parser(const Residuals& residuals, MatchFinder& finder, const Prices& prices)
      : residuals_(residuals),
        finder_(finder),
        prices_(prices),
        prices_to_(residuals.size() + 1, UINT32_MAX),
        steps_to_(residuals.size() + 1),
        memories_(residuals.size() + 1) {}

  std::vector<Token> run();

 private:
  // Each looks at one kind of step from `at` and returns the length of one to be taken at once, or
  // 0.
  std::uint32_t try_recent(std::uint32_t at);
  std::uint32_t try_fresh(std::uint32_t at);
  void relax(std::uint32_t at, const Token& token, std::uint32_t price);
  void relax_all(std::uint32_t at, const Steps& steps, const LengthRow& lengths);

  const Residuals& residuals_;
  MatchFinder& finder_;
  const Prices& prices_;
  // For each place: the least price known, the step that led here for it, and, once the parse is
  // there and the step is settled, what the coder then remembers.
  std::vector<std::uint32_t> prices_to_;
  std::vector<Token> steps_to_;
  std::vector<Memory> memories_;
};

void Parser::relax(std::uint32_t at, const Token& token, std::uint32_t price) {
  const std::uint32_t to = at + token.length;
  const std::uint32_t whole = prices_to_[at] + price;
  if (whole >= prices_to_[to]) return;
  prices_to_[to] = whole;
  steps_to_[to] = token;
}

void Parser::relax_all(std::uint32_t at, const Steps& steps, const LengthRow& lengths) {
  const std::span<std::uint32_t> prices = std::span(prices_to_).subspan(at);
  const std::uint32_t shared = prices[0] + steps.price;
  for (std::uint32_t length = steps.first; length <= steps.last; ++length) {
    const std::uint32_t whole = shared + length_price(lengths, length);
    if (whole >= prices[length]) continue;
    prices[length] = whole;
    steps_to_[at + length] = {length, steps.choice};
  }
}

std::uint32_t Parser::try_recent(std::uint32_t at) {
  const Memory& memory = memories_[at];
  const LengthRow& lengths = prices_.recent_lengths(at);
  const std::uint32_t limit = residuals_.part_end[at] - at;
  for (std::uint32_t index = 0; index < kRecentCount; ++index) {
    if (memory.recent[index] >= at) continue;
    const std::uint32_t longest = finder_.common(at, memory.recent[index], limit);
    if (index == 0 && longest > 0) relax(at, {1, 0}, prices_.recent_single(at, memory));
    if (longest < kLengthMin) continue;
    const bool taken = longest >= kLengthTaken;
    const std::uint32_t head = prices_.recent_head(at, memory, index);
    relax_all(at, {taken ? longest : kLengthMin, longest, index, head}, lengths);
    if (taken) return longest;
  }
  return 0;
}

std::uint32_t Parser::try_fresh(std::uint32_t at) {
  const LengthRow& lengths = prices_.fresh_lengths(at);
  const std::uint32_t limit = residuals_.part_end[at] - at;
  const std::uint32_t head = prices_.fresh_head(at, memories_[at]);
  std::uint32_t length = kLengthMin;
  for (const Candidate& candidate : finder_.at(at)) {
    const std::uint32_t longest = std::min(candidate.length, limit);
    const std::uint32_t choice = static_cast<std::uint32_t>(kRecentCount) + candidate.distance;
    const bool taken = longest >= kLengthTaken;
    if (taken) length = longest;
    while (length <= longest) {
      const bool alike = distance_context(length) == distance_context(longest);
      const std::uint32_t last = alike ? longest : length;
      const std::uint32_t price = head + prices_.distance(length, candidate.distance);
      relax_all(at, {length, last, choice, price}, lengths);
      length = last + 1;
    }
    if (taken) return longest;
  }
  return 0;
}

std::vector<Token> Parser::run() {
  prices_to_[0] = 0;
  for (std::uint32_t at = 0; at < residuals_.size();) {
    const Token& step = steps_to_[at];
    if (at > 0) memories_[at] = memories_[at - step.length].after(step);
    relax(at, {}, prices_.literal(at, memories_[at]));
    std::uint32_t taken = try_recent(at);
    if (taken == 0) taken = try_fresh(at);
    at += std::max(taken, 1U);
  }
  std::vector<Token> tokens;
  for (std::uint32_t at = residuals_.size(); at > 0; at -= tokens.back().length) {
    tokens.push_back(steps_to_[at]);
  }
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

}  // namespace

std::vector<std::uint8_t> code_block(const Residuals& residuals) {
  MatchFinder finder(residuals.bytes);
  Models models;
  models.reset();
  const unsigned context_max = residuals.segments.empty() ? kContextBitsMax : kContextBitsMax - 1;
  Parameters parameters = {context_max, 0};
  const auto parse = [&] {
    const Models before = models;
    return Parser(residuals, finder, Prices(residuals, parameters, before)).run();
  };
  std::vector<std::uint8_t> best;
  const auto keep = [&](std::vector<std::uint8_t> bytes) {
    if (!best.empty() && bytes.size() >= best.size()) return false;
    best = std::move(bytes);
    return true;
  };

  std::vector<Token> tokens = parse();
  keep(write_tokens(residuals, tokens, parameters, models));
  tokens = parse();
  // The tokens hardly depend on the parameters: choose these by writing alone.
  Parameters chosen = parameters;
  for (const unsigned context_bits : {0U, 1U, context_max}) {
    for (const unsigned position_bits : {0U, kPositionBitsMax}) {
      const Parameters tried = {context_bits, position_bits};
      if (keep(write_tokens(residuals, tokens, tried, models))) chosen = tried;
    }
  }
  parameters = chosen;
  (void)write_tokens(residuals, tokens, parameters, models);
  for (int pass = 2; pass < kPasses; ++pass) {
    tokens = parse();
    keep(write_tokens(residuals, tokens, parameters, models));
  }
  return best;
}

}  // namespace airlock::diff
