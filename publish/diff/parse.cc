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

struct Node {
  std::uint32_t price = UINT32_MAX;
  Token token;  // the step that led here
  Memory memory;
};

class Parser {
 public:
  Parser(const Residuals& residuals, MatchFinder& finder, const Prices& prices)
      : residuals_(residuals), finder_(finder), prices_(prices), nodes_(residuals.size() + 1) {}

  std::vector<Token> run();

 private:
  // Each looks at one kind of step from `at` and returns the length of one to be taken at once, or
  // 0.
  std::uint32_t try_recent(std::uint32_t at);
  std::uint32_t try_fresh(std::uint32_t at);
  void relax(std::uint32_t at, const Token& token, std::uint32_t price);

  const Residuals& residuals_;
  MatchFinder& finder_;
  const Prices& prices_;
  std::vector<Node> nodes_;
};

void Parser::relax(std::uint32_t at, const Token& token, std::uint32_t price) {
  Node& to = nodes_[at + token.length];
  const std::uint32_t whole = nodes_[at].price + price;
  if (whole >= to.price) return;
  to = {whole, token, nodes_[at].memory.after(token)};
}

std::uint32_t Parser::try_recent(std::uint32_t at) {
  const Memory memory = nodes_[at].memory;
  const std::uint32_t limit = residuals_.part_end[at] - at;
  for (std::uint32_t index = 0; index < kRecentCount; ++index) {
    if (memory.recent[index] >= at) continue;
    const std::uint32_t longest = finder_.common(at, memory.recent[index], limit);
    if (index == 0 && longest > 0) relax(at, {1, 0}, prices_.recent_single(at, memory));
    if (longest < kLengthMin) continue;
    const std::uint32_t head = prices_.recent_head(at, memory, index);
    const bool taken = longest >= kLengthTaken;
    for (std::uint32_t length = taken ? longest : kLengthMin; length <= longest; ++length) {
      relax(at, {length, index}, head + prices_.recent_length(at, length));
    }
    if (taken) return longest;
  }
  return 0;
}

std::uint32_t Parser::try_fresh(std::uint32_t at) {
  const Memory memory = nodes_[at].memory;
  const std::uint32_t limit = residuals_.part_end[at] - at;
  const std::uint32_t head = prices_.fresh_head(at, memory);
  std::uint32_t length = kLengthMin;
  for (const Candidate& candidate : finder_.at(at)) {
    const std::uint32_t longest = std::min(candidate.length, limit);
    const bool taken = longest >= kLengthTaken;
    if (taken) length = longest;
    for (; length <= longest; ++length) {
      const std::uint32_t price =
          head + prices_.fresh_length(at, length) + prices_.distance(length, candidate.distance);
      relax(at, {length, static_cast<std::uint32_t>(kRecentCount) + candidate.distance}, price);
    }
    if (taken) return longest;
  }
  return 0;
}

std::vector<Token> Parser::run() {
  nodes_[0].price = 0;
  for (std::uint32_t at = 0; at < residuals_.size();) {
    relax(at, {}, prices_.literal(at, nodes_[at].memory));
    std::uint32_t taken = try_recent(at);
    if (taken == 0) taken = try_fresh(at);
    at += std::max(taken, 1U);
  }
  std::vector<Token> tokens;
  for (std::uint32_t at = residuals_.size(); at > 0; at -= tokens.back().length) {
    tokens.push_back(nodes_[at].token);
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
