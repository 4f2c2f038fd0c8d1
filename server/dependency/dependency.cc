#include "server/dependency/dependency.h"

#include <utility>

#include "server/dependency/forward.h"

namespace airlock::dependency {

using breaker::Outcome;

Next next(const Heard& heard, bool repeats) {
  switch (heard.ending) {
    case Ending::not_sent: return Next::go_on;
    case Ending::unheard: return repeats ? Next::go_on : Next::unknown;
    case Ending::answered: return heard.status >= 500 && repeats ? Next::go_on : Next::give;
  }
  return Next::unknown;
}

bool is_failure(const Heard& heard, std::uint64_t took_ms, std::uint64_t slow_ms) {
  if (heard.ending != Ending::answered || heard.status >= 500) return true;
  return slow_ms > 0 && took_ms > slow_ms;
}

std::string_view name_of(By by) {
  switch (by) {
    case By::dependency: return "dependency";
    case By::url: return "url";
    case By::last: return "last";
    case By::answer: return "answer";
    case By::nobody: return "nobody";
    case By::unknown: return "unknown";
  }
  return "";
}

struct Dependency::Answer {
  By by = By::dependency;
  http::Response response{};
};

namespace {

constexpr std::string_view kUnknownType = "application/octet-stream";

Code why_of(const Heard& heard) {
  return heard.ending == Ending::answered ? Code::http_failed : heard.code;
}

struct Passed {
  http::Response response{};
  bool may_be_kept = true;
};
Passed pass_on(Heard heard) {
  AnswerHeaders headers = answer_headers(heard.headers);
  return {{.status = heard.status,
           .content_type = kUnknownType,
           .headers = std::move(headers.lines),
           .body = std::move(heard.body),
           .other_type = std::move(headers.type)},
          headers.may_be_kept};
}

}  // namespace

Dependency::Dependency(Plan plan, World world) : plan_(std::move(plan)), world_(std::move(world)) {
  const auto add = [this](std::string name, const Place& place) {
    upstreams_.push_back(std::make_unique<Upstream>(std::move(name), place, plan_));
    return upstreams_.back().get();
  };
  places_.push_back(add(plan_.name, plan_.place));
  if (!plan_.probe.empty()) places_[0]->keep_calls_away();
  for (const Fallback& fallback : plan_.fallbacks) {
    const auto* const place = std::get_if<Place>(&fallback);
    const std::string name = plan_.name + "/fallback-" + std::to_string(places_.size());
    places_.push_back(place != nullptr ? add(name, *place) : nullptr);
    keeps_ |= std::holds_alternative<Last>(fallback);
  }
  wire_ = world_.wire();
}

void Dependency::ask(Question question, http::Done done) {
  proceed(std::make_shared<Walk>(std::move(question), std::move(done)));
}

void Dependency::look() {
  if (plan_.probe.empty() || upstreams_[0]->mode() == breaker::Mode::closed) return;
  Upstream& upstream = *upstreams_[0];
  for (std::uint32_t at = 0; at < plan_.breaker.probes; ++at) {
    const auto pass = upstream.enter(Upstream::Asking::probe, world_.now_ms());
    if (!pass) return;
    wire_->start(
        {.method = http::Method::get,
         .url = upstream.place().url + plan_.probe,
         .headers = {},
         .body = {},
         .ca = upstream.place().ca,
         .timeout_ms = upstream.place().timeout_ms},
        [this, &upstream, pass = *pass](const Heard& heard) { leave(upstream, pass, heard); });
  }
}

// proceed goes from one who may answer to the next; who is asked over the wire ends this turn.
void Dependency::proceed(const WalkPointer& walk) {
  for (; walk->step < places_.size(); ++walk->step) {
    if (try_step(walk)) return;
  }
  if (!walk->own) return fail_walk(walk, Code::no_fallback);
  finish(walk, {By::dependency, pass_on(std::move(*walk->own)).response});
}

bool Dependency::try_step(const WalkPointer& walk) {
  if (Upstream* const upstream = places_[walk->step]) return try_place(walk, *upstream);
  const Fallback& fallback = plan_.fallbacks[walk->step - 1];
  if (const auto* const last = std::get_if<Last>(&fallback)) return try_last(walk, *last);
  const auto& fixed = std::get<Fixed>(fallback);
  finish(walk,
         {By::answer, {.status = fixed.status, .body = fixed.body, .other_type = fixed.type}});
  return true;
}

bool Dependency::try_place(const WalkPointer& walk, Upstream& upstream) {
  const auto pass = upstream.enter(Upstream::Asking::call, world_.now_ms());
  if (!pass) {
    if (walk->step == 0) walk->why = pass.error().code;
    return false;
  }
  const Question& question = walk->question;
  const bool repeats = plan_.repeats(question.method);
  wire_->start({.method = question.method,
                .url = upstream.place().url + question.rest,
                .headers = question.headers,
                .body = question.body,
                .ca = upstream.place().ca,
                .timeout_ms = upstream.place().timeout_ms,
                .sending = repeats ? Ask::Sending::again : Ask::Sending::once},
               [this, walk, &upstream, pass = *pass](Heard answer) {
                 leave(upstream, pass, answer);
                 heard(walk, std::move(answer));
               });
  return true;
}

bool Dependency::try_last(const WalkPointer& walk, const Last& last) {
  if (walk->question.method != http::Method::get) return false;
  const std::uint64_t now_ms = world_.now_ms();
  const auto kept = kept_.find(key_of(walk->question), now_ms, last.age_ms_max);
  if (kept == nullptr) return false;
  http::Response response{.content_type = kUnknownType,
                          .headers = kept->headers,
                          .body = kept->body,
                          .other_type = kept->type};
  response.headers += "age: " + std::to_string((now_ms - kept->at_ms) / 1000) + "\r\n";
  finish(walk, {By::last, std::move(response)});
  return true;
}

void Dependency::leave(Upstream& upstream, const Upstream::Pass& pass, const Heard& heard) {
  const std::uint64_t now_ms = world_.now_ms();
  const bool failed = is_failure(heard, now_ms - pass.entered_ms, plan_.slow_ms);
  const breaker::Told told =
      upstream.leave(pass, failed ? Outcome::failure : Outcome::success, now_ms);
  using Change = peer::Line::Change;
  const bool too_slow = heard.ending == Ending::answered && heard.status < 500;
  if (told.alert) {
    world_.tell({upstream.name(), Change::down, too_slow ? Code::timed_out : why_of(heard)});
  }
  if (told.recovered) world_.tell({upstream.name(), Change::up, Code::ok});
}

// heard goes on where a place answered, or did not.
void Dependency::heard(const WalkPointer& walk, Heard heard) {
  const bool repeats = plan_.repeats(walk->question.method);
  const bool is_own = walk->step == 0;
  Next step = next(heard, repeats);
  if (heard.code == Code::interrupted) step = Next::unknown;  // the wire ends: nobody is left
  if (is_own && (step != Next::give || heard.status >= 500)) walk->why = why_of(heard);
  switch (step) {
    case Next::unknown: return fail_walk(walk, Code::outcome_unknown);
    case Next::give: {
      Passed passed = pass_on(std::move(heard));
      http::Response& response = passed.response;
      const bool is_get = walk->question.method == http::Method::get;
      if (keeps_ && is_own && is_get && response.status == 200 && passed.may_be_kept) {
        kept_.keep(key_of(walk->question),
                   {response.other_type, response.headers, response.body, world_.now_ms()});
      }
      return finish(walk, {is_own ? By::dependency : By::url, std::move(response)});
    }
    case Next::go_on: {
      if (is_own && heard.ending == Ending::answered) walk->own = std::move(heard);
      ++walk->step;
      return proceed(walk);
    }
  }
}

void Dependency::finish(const WalkPointer& walk, Answer answer) {
  counts_[static_cast<std::size_t>(answer.by)].fetch_add(1);
  const bool is_fallback = walk->step > 0 && walk->step < places_.size();
  std::string by = "nobody";
  if (answer.by == By::dependency) by = "dependency";
  if (answer.by != By::dependency && is_fallback) by = "fallback-" + std::to_string(walk->step);
  std::string& headers = answer.response.headers;
  headers.append("airlock-answered-by: ").append(by);
  headers.append("\r\nairlock-why: ").append(airlock::name(walk->why));
  headers.append("\r\nairlock-breaker: ").append(breaker::name_of(upstreams_[0]->mode()));
  headers.append("\r\n");
  walk->done(std::move(answer.response));
}

void Dependency::fail_walk(const WalkPointer& walk, Code code) {
  http::Response response = http::error_response({code, 0});
  response.body = json::write({{"error", airlock::name(code)},
                               {"explain", explain(code)},
                               {"dependency", plan_.name},
                               {"why", airlock::name(walk->why)}});
  walk->step = places_.size();  // nobody
  finish(walk, {code == Code::no_fallback ? By::nobody : By::unknown, std::move(response)});
}

std::string Dependency::key_of(const Question& question) const {
  return question.rest + "\n" + key_headers(question.headers);
}

}  // namespace airlock::dependency
