#include "engine/embed/handles.h"

namespace {

using namespace airlock;
using namespace airlock::embed;
using abi::clear::Shown;

constexpr std::uint32_t kColumns = 80;  // where nobody says how wide the terminal is

Result<airlock_abi_style> style_from(const airlock_abi_style* from) {
  AIRLOCK_TRY(given(from));
  airlock_abi_style style = *from;
  if (style.form < AIRLOCK_ABI_JSON || style.form > AIRLOCK_ABI_PAGES)
    return fail(Code::out_of_range);
  if (style.columns > AIRLOCK_ABI_COLUMNS_MAX) return fail(Code::out_of_range);
  if (style.columns == 0) style.columns = kColumns;
  return style;
}

using Address = std::vector<std::uint8_t>;

Result<Address> address_from(const char* text) {
  AIRLOCK_ASSIGN(const std::string_view address, text_from(text, AIRLOCK_ABI_TEXT_SIZE_MAX));
  return abi::type::read_address(address, abi::type::AddressForm::eip55, abi::clear::kAddressSize);
}

// Who signs, if anybody is named.
Result<std::optional<Address>> sender_from(const char* text) {
  if (text == nullptr) return std::nullopt;
  AIRLOCK_ASSIGN(Address address, address_from(text));
  return address;
}

std::optional<Bytes> view_of(const std::optional<Address>& address) {
  return address ? std::optional<Bytes>(*address) : std::nullopt;
}

Result<std::string> written(const Shown& shown, const airlock_abi_style& style) {
  if (style.form == AIRLOCK_ABI_JSON) return abi::clear::json_of(shown);
  if (style.form == AIRLOCK_ABI_LINES) return abi::clear::lines_of(shown, style.columns);
  AIRLOCK_ASSIGN(const std::vector<abi::clear::Page> pages, abi::clear::pages_of(shown));
  return json::write(json::Value(pages));
}

// The call, whose addresses lie outside of it.
struct Sending {
  Address to;
  std::optional<Address> from;
  abi::Sending sending;
};

Result<Sending> sending_from(const airlock_abi_sending* from) {
  AIRLOCK_TRY(given(from));
  Sending made;
  AIRLOCK_ASSIGN(const std::string_view chain, text_from(from->chain, AIRLOCK_ABI_TEXT_SIZE_MAX));
  const auto id = abi::chain_id_of(chain);
  if (!id) return fail(Code::loader_missing);
  made.sending.chain_id = *id;
  AIRLOCK_ASSIGN(made.to, address_from(from->target));
  AIRLOCK_ASSIGN(made.from, sender_from(from->from));
  if (from->value != nullptr) {
    AIRLOCK_ASSIGN(const std::string_view value, text_from(from->value, AIRLOCK_ABI_TEXT_SIZE_MAX));
    AIRLOCK_ASSIGN(made.sending.value, number::read(value));
  }
  AIRLOCK_ASSIGN(made.sending.data,
                 bytes_from(from->data, from->data_size, AIRLOCK_ABI_DATA_SIZE_MAX));
  return made;
}

}  // namespace

int airlock_abi_show(airlock_abi_reader* reader, const airlock_abi_sending* sending,
                     const airlock_abi_style* style, airlock_abi_text* text) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(text));
    *text = {"", 0};
    AIRLOCK_TRY(given(reader));
    AIRLOCK_ASSIGN(const airlock_abi_style asked, style_from(style));
    AIRLOCK_ASSIGN(Sending made, sending_from(sending));
    made.sending.to = made.to;
    made.sending.from = view_of(made.from);
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      AIRLOCK_ASSIGN(reader->text, written(view.show(made.sending), asked));
      *text = shown(reader->text);
      return {};
    });
  });
}

int airlock_abi_show_message(airlock_abi_reader* reader, const airlock_abi_message* message,
                             const airlock_abi_style* style, airlock_abi_text* text,
                             std::uint8_t* digest) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(text));
    *text = {"", 0};
    if (digest != nullptr) std::memset(digest, 0, AIRLOCK_ABI_DIGEST_SIZE);
    AIRLOCK_TRY(given(reader));
    AIRLOCK_TRY(given(message));
    AIRLOCK_ASSIGN(const airlock_abi_style asked, style_from(style));
    AIRLOCK_ASSIGN(const std::optional<Address> from, sender_from(message->from));
    AIRLOCK_ASSIGN(const std::string_view json,
                   text_from(message->json, AIRLOCK_ABI_MESSAGE_SIZE_MAX));
    AIRLOCK_ASSIGN(const abi::clear::TypedData read, abi::clear::TypedData::read(json));
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      const Shown shown_message = view.show(abi::Signing{read, view_of(from)});
      AIRLOCK_ASSIGN(reader->text,
                     asked.form == AIRLOCK_ABI_JSON
                         ? Result<std::string>(abi::clear::json_of(read, shown_message))
                         : written(shown_message, asked));
      *text = shown(reader->text);
      if (digest != nullptr)
        std::memcpy(digest, read.digest().bytes.data(), AIRLOCK_ABI_DIGEST_SIZE);
      return {};
    });
  });
}
