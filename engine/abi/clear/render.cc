#include "engine/abi/clear/render.h"

#include <algorithm>

#include "engine/abi/clear/limits.h"
#include "engine/abi/type/spelling.h"
#include "host/text/text.h"

namespace airlock::abi::clear {
namespace {

// A screen, or what follows in it, that waits to be laid out.
struct Open {
  std::size_t screen;
  std::size_t field;
};

// Calls what is given for each screen, each field and each end of a screen, nested ones in place.
template <class OnScreen, class OnField, class OnEnd>
void walk(const Shown& shown, const OnScreen& on_screen, const OnField& on_field,
          const OnEnd& on_end) {
  std::vector<Open> open{{0, 0}};
  on_screen(shown.screens[0], std::size_t{0});
  while (!open.empty()) {
    Open& top = open.back();
    const Screen& screen = shown.screens[top.screen];
    if (top.field == screen.fields.size()) {
      on_end(open.size() - 1);
      open.pop_back();
      continue;
    }
    const Field& field = screen.fields[top.field++];
    on_field(field, open.size() - 1);
    if (field.nested == 0) continue;
    const std::size_t nested = field.nested;
    open.push_back({nested, 0});
    on_screen(shown.screens[nested], open.size() - 1);
  }
}

// Letters of a small display are ASCII: any other character is written out.
std::string ascii(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    const text::CodePoint found = text::code_point(text);
    if (found.size == 1) {
      made += text[0];
    } else {
      constexpr std::string_view kDigits = "0123456789abcdef";
      std::string digits;
      for (std::uint32_t left = found.value; left > 0 || digits.empty(); left >>= 4)
        digits.insert(digits.begin(), kDigits[left & 15]);
      made += "\\u{" + digits + '}';
    }
    text.remove_prefix(std::max<std::size_t>(found.size, 1));
  }
  return made;
}

// Rows of a text: broken at spaces where that leaves no row nearly empty.
std::vector<std::string> rows_of(std::string_view text, std::size_t columns) {
  std::vector<std::string> rows;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), columns), skip = 0;
    if (size < text.size()) {
      const std::size_t space = text.rfind(' ', size);
      if (space != std::string_view::npos && space > columns / 2) {
        size = space;
        skip = 1;
      }
    }
    rows.emplace_back(text.substr(0, size));
    text.remove_prefix(std::min(size + skip, text.size()));
  }
  return rows;
}

class Pages {
 public:
  // add lays a text out under a head, on as many pages as it takes.
  void add(std::string_view head, std::string_view text) {
    constexpr std::size_t kText = kRows - 1;
    const std::vector<std::string> title = rows_of(ascii(head), kColumns);
    std::vector<std::string> rows = rows_of(ascii(text), kColumns);
    // A long head goes on above its text.
    if (title.size() > 1) {
      rows.insert(rows.begin(), "");
      rows.insert(rows.begin(), title.begin(), title.end());
    }
    const std::size_t count = std::max<std::size_t>(1, (rows.size() + kText - 1) / kText);
    for (std::size_t i = 0; i < count && pages_.size() <= kPagesMax; ++i) {
      Page page{title_of(title, i, count)};
      for (std::size_t j = i * kText; j < std::min(rows.size(), (i + 1) * kText); ++j)
        page.push_back(rows[j]);
      pages_.push_back(std::move(page));
    }
  }

  Result<std::vector<Page>> take() {
    if (pages_.size() > kPagesMax) return fail(Code::over_budget, kPagesMax);
    return std::move(pages_);
  }

 private:
  static std::string title_of(const std::vector<std::string>& title, std::size_t at,
                              std::size_t count) {
    std::string head = title.size() == 1 ? title[0] : "";
    if (count == 1) return head;
    const std::string mark = std::to_string(at + 1) + '/' + std::to_string(count);
    head.resize(std::max(head.size(), kColumns - mark.size()), ' ');
    head.resize(kColumns - mark.size());
    return head + mark;
  }

  std::vector<Page> pages_;
};

void warn(Pages& pages, Warnings warnings) {
  for (const Warning warning : all(warnings)) pages.add("! WARNING", explain(warning));
}

std::string summary(const Screen& screen) {
  return screen.sentence.empty() ? screen.intent : screen.sentence;
}

}  // namespace

Result<std::vector<Page>> pages_of(const Shown& shown) {
  Pages pages;
  walk(
      shown,
      [&pages](const Screen& screen, std::size_t depth) {
        warn(pages, screen.warnings);
        pages.add(depth == 0 ? "Review" : "Call inside", summary(screen));
        if (!screen.owner.empty()) pages.add("By", screen.owner);
      },
      [&pages](const Field& field, std::size_t) {
        if (!field.separator.empty()) pages.add("", field.separator);
        pages.add(field.label, field.nested == 0 ? field.value : "A call inside:");
        if (!field.detail.empty()) pages.add(field.label, field.detail);
        warn(pages, field.warnings);
        for (const Note& note : field.notes) {
          pages.add(note.label, note.value);
          if (!note.detail.empty()) pages.add(note.label, note.detail);
          warn(pages, note.warnings);
        }
      },
      [&pages](std::size_t depth) {
        if (depth > 0) pages.add("", "End of the call inside");
      });
  return pages.take();
}

std::string frames_of(const std::vector<Page>& pages) {
  const std::string edge = '+' + std::string(kColumns, '-') + "+\n";
  std::string drawn;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    drawn += "page " + std::to_string(i + 1) + " of " + std::to_string(pages.size()) + '\n' + edge;
    for (std::size_t row = 0; row < kRows; ++row) {
      std::string text = row < pages[i].size() ? pages[i][row] : "";
      text.resize(kColumns, ' ');
      drawn += '|' + text + "|\n";
    }
    drawn += edge;
  }
  return drawn;
}

std::string lines_of(const Shown& shown, std::size_t columns) {
  constexpr std::size_t kColumnsMin = 20, kIndent = 2;
  std::string lines;
  const auto line = [&](std::size_t depth, std::string_view mark, std::string_view text) {
    const std::string indent(kIndent * depth, ' ');
    const std::size_t taken = indent.size() + mark.size();
    const std::size_t room = std::max(columns, taken + kColumnsMin) - taken;
    bool is_first = true;
    for (const std::string& row : rows_of(text, room)) {
      lines += indent;
      // What goes on can never pass for a line of its own.
      lines += is_first ? std::string(mark) : std::string(mark.size(), ' ');
      lines += row + '\n';
      is_first = false;
    }
  };
  const auto warn_of = [&](std::size_t depth, Warnings warnings) {
    for (const Warning warning : all(warnings)) line(depth, "! ", explain(warning));
  };
  walk(
      shown,
      [&](const Screen& screen, std::size_t depth) {
        warn_of(depth, screen.warnings);
        line(depth, "> ", summary(screen));
        if (!screen.sentence.empty()) line(depth, "  for: ", screen.intent);
        if (!screen.owner.empty()) line(depth, "  by: ", screen.owner);
      },
      [&](const Field& field, std::size_t depth) {
        if (!field.separator.empty()) line(depth, "  - ", field.separator);
        line(depth, "  | ", field.label + ": " + (field.nested == 0 ? field.value : ""));
        if (!field.detail.empty()) line(depth, "  |   ", field.detail);
        warn_of(depth + 1, field.warnings);
        for (const Note& note : field.notes) {
          line(depth, "  |   ", note.label + ": " + note.value);
          if (!note.detail.empty()) line(depth, "  |     ", note.detail);
          warn_of(depth + 2, note.warnings);
        }
      },
      [](std::size_t) {});
  return lines;
}

namespace {

void add_member(std::string& json, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  json += '"';
  json += name;
  json += "\":";
  type::append_quoted(json, text);
  json += ',';
}

void add_warnings(std::string& json, Warnings warnings) {
  json += "\"warnings\":[";
  for (const Warning warning : all(warnings)) {
    if (json.back() != '[') json += ',';
    type::append_quoted(json, name(warning));
  }
  json += ']';
}

void add_notes(std::string& json, const std::vector<Note>& notes) {
  if (notes.empty()) return;
  json += ",\"notes\":[";
  for (const Note& note : notes) {
    if (json.back() != '[') json += ',';
    json += "{\"label\":";
    type::append_quoted(json, note.label);
    json += ",\"value\":";
    type::append_quoted(json, note.value);
    json += ',';
    add_member(json, "detail", note.detail);
    add_warnings(json, note.warnings);
    json += '}';
  }
  json += ']';
}

// Which screens are clear with all the calls in them. Each stands behind the one that it is in.
std::vector<bool> clear_whole(const Shown& shown) {
  std::vector<bool> whole(shown.screens.size());
  for (std::size_t i = shown.screens.size(); i-- > 0;) {
    const Screen& screen = shown.screens[i];
    whole[i] = screen.is_clear && std::ranges::all_of(screen.fields, [&whole](const Field& field) {
                 const bool is_raw = field.warnings.has(Warning::nested_unknown) ||
                                     field.warnings.has(Warning::nested_refused);
                 return !is_raw && (field.nested == 0 || whole[field.nested]);
               });
  }
  return whole;
}

}  // namespace

std::string json_of(const Shown& shown) {
  std::string json;
  const std::vector<bool> is_whole = clear_whole(shown);
  walk(
      shown,
      [&](const Screen& screen, std::size_t depth) {
        if (depth > 0) json += ",\"call\":";
        const auto place = static_cast<std::size_t>(&screen - shown.screens.data());
        json += is_whole[place] ? "{\"clear\":true," : "{\"clear\":false,";
        add_member(json, "intent", screen.intent);
        add_member(json, "interpolatedIntent", screen.sentence);
        add_member(json, "owner", screen.owner);
        add_member(json, "contractName", screen.contract);
        add_warnings(json, screen.warnings);
        json += ",\"fields\":[";
      },
      [&json](const Field& field, std::size_t) {
        // The end of a field is written before what comes next.
        if (json.back() != '[') json += "},";
        json += '{';
        add_member(json, "separator", field.separator);
        json += "\"label\":";
        type::append_quoted(json, field.label);
        json += ",\"value\":";
        type::append_quoted(json, field.value);
        json += ',';
        add_member(json, "detail", field.detail);
        add_warnings(json, field.warnings);
        add_notes(json, field.notes);
      },
      [&json](std::size_t) {
        if (json.back() != '[') json += '}';
        json += "]}";
      });
  return json;
}

std::string json_of(const TypedData& message, const Shown& shown) {
  std::string json = "{\"primary_type\":";
  type::append_quoted(json, message.primary_type());
  const auto add = [&json](std::string_view name, const crypto::Digest& digest) {
    json += ",\"";
    json += name;
    json += "\":\"";
    type::append_hex(json, digest.bytes);
    json += '"';
  };
  add("domain_hash", message.domain_separator());
  add("message_hash", message.message_hash());
  add("digest", message.digest());
  return json + ",\"screen\":" + json_of(shown) + '}';
}

}  // namespace airlock::abi::clear
