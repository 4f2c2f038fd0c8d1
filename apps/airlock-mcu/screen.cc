#include "apps/airlock-mcu/screen.h"

namespace airlock::mcu {
namespace {

constexpr std::string_view kNothing = "nothing";

void say_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    const std::array<char, 2> two = {kDigits[byte >> 4], kDigits[byte & 15]};
    say({two.data(), two.size()});
  }
}

void say_digest(std::string_view label, const crypto::Digest& digest) {
  say(label);
  say_hex(digest.bytes);
  say("\n");
}

void say_two_digits(std::string_view before, std::uint32_t number) {
  say(before);
  if (number < 10) say("0");
  say_number(number);
}

struct Date {
  std::uint32_t year, month, day;
  friend constexpr bool operator==(const Date&, const Date&) = default;
};

// The Gregorian calendar: its years begin in March here, so that a leap day is the last of one.
constexpr Date date_of(std::uint64_t days_since_1970) {
  constexpr std::uint32_t kDaysTo1970 = 719'468, kDaysOf400Years = 146'097;
  const auto days = static_cast<std::uint32_t>(days_since_1970) + kDaysTo1970;
  const std::uint32_t in_era = days % kDaysOf400Years;
  const std::uint32_t of_era = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
  const std::uint32_t in_year = in_era - (365 * of_era + of_era / 4 - of_era / 100);
  const std::uint32_t from_march = (5 * in_year + 2) / 153;
  const std::uint32_t day = in_year - (153 * from_march + 2) / 5 + 1;
  const std::uint32_t month = from_march < 10 ? from_march + 3 : from_march - 9;
  return {days / kDaysOf400Years * 400 + of_era + (month <= 2 ? 1 : 0), month, day};
}
static_assert(date_of(0) == Date{1970, 1, 1} && date_of(20'780) == Date{2026, 11, 23});
static_assert(date_of(11'016) == Date{2000, 2, 29} && date_of(47'540) == Date{2100, 2, 28});
static_assert(date_of(47'541) == Date{2100, 3, 1} && date_of(20'453) == Date{2025, 12, 31});

// In UTC, as 2026-11-23T08:45:00Z.
void say_time(std::uint64_t unix_seconds) {
  constexpr std::uint32_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const Date date = date_of(unix_seconds / kDay);
  const auto clock = static_cast<std::uint32_t>(unix_seconds % kDay);
  say_number(date.year);
  say_two_digits("-", date.month);
  say_two_digits("-", date.day);
  say_two_digits("T", clock / kHour);
  say_two_digits(":", clock % kHour / kMinute);
  say_two_digits(":", clock % kMinute);
  say("Z");
}

std::string_view title_of(const bare::Question& question) {
  if (question.errand == update::Errand::restore) return "go back?";
  const bool is_keys = question.release.kind == package::Kind::keyring;
  return is_keys ? "replace the KEYS that may sign for this wallet?" : "install this?";
}

void show_version(const bare::Question& question) {
  say("| version  ");
  say(question.release.version.text);
  const bool replaces = !package::carries_content(question.release.kind);
  if (!replaces) return say("\n");  // what runs stays as it is
  say_line(" in the place of ",
           question.running.version.empty() ? kNothing : question.running.version.view());
}

// Each image that the slot may come to hold: one, but for parts that run at two addresses.
void show_images(const package::Manifest& release) {
  for (std::size_t i = 0; i < release.component_count(); ++i) {
    const package::Component component = release.component(i);
    for (std::size_t k = 0; k < component.image_count(); ++k) {
      const package::Image image = component.image(k);
      say("| image    ");
      say(component.id);
      say(", ");
      say_number(image.size);
      say_digest(" bytes, SHA-256\n|          ", image.digest);
    }
  }
}

}  // namespace

void show_question(const bare::Question& question) {
  const package::Manifest& release = question.release;
  say_line("+-- ", title_of(question));
  say_line("| kind     ", package::name_of(release.kind));
  say_line("| model    ", question.model);
  show_version(question);
  say("| made     ");
  say_time(static_cast<std::uint64_t>(release.created));
  say("\n");
  show_images(release);
  say_digest("| manifest SHA-256\n|          ", release.digest());
  say_line("+-- press y or n");
}

}  // namespace airlock::mcu
