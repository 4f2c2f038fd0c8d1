#include "engine/abi/carried.h"
#include "engine/abi/transaction.h"
#include "engine/embed/handles.h"

namespace {

using namespace airlock;
using namespace airlock::embed;

Result<abi::Call> call_from(const airlock_abi_call* from) {
  AIRLOCK_TRY(given(from));
  abi::Call call;
  AIRLOCK_ASSIGN(call.chain, text_from(from->chain, AIRLOCK_ABI_TEXT_SIZE_MAX));
  if (from->target != nullptr) {
    AIRLOCK_ASSIGN(call.target, text_from(from->target, AIRLOCK_ABI_TEXT_SIZE_MAX));
  }
  AIRLOCK_ASSIGN(call.data, bytes_from(from->data, from->data_size, AIRLOCK_ABI_DATA_SIZE_MAX));
  AIRLOCK_ASSIGN(call.code_hash,
                 bytes_from(from->code_hash, from->code_hash_size, AIRLOCK_ABI_TEXT_SIZE_MAX));
  return call;
}

Result<abi::Request> request_from(const airlock_abi_request& from) {
  abi::Request request;
  AIRLOCK_ASSIGN(request.chain, text_from(from.chain, AIRLOCK_ABI_TEXT_SIZE_MAX));
  AIRLOCK_ASSIGN(request.target, text_from(from.target, AIRLOCK_ABI_TEXT_SIZE_MAX));
  AIRLOCK_ASSIGN(request.call, text_from(from.call, AIRLOCK_ABI_TEXT_SIZE_MAX));
  return request;
}

Result<std::string_view> key_from(const char* key) {
  AIRLOCK_ASSIGN(const std::string_view text, text_from(key, AIRLOCK_ABI_KEY_SIZE_MAX));
  if (!entry::is_spelled(text)) return fail(Code::out_of_range);
  return text;
}

Result<Bytes> proof_from(const airlock_abi_entry* entry) {
  AIRLOCK_TRY(given(entry));
  return bytes_from(entry->proof.data, entry->proof.size, entry::kProofSizeMax);
}

}  // namespace

int airlock_abi_reader_new(airlock_abi_engine* engine, airlock_abi_reader** reader) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(reader));
    *reader = nullptr;
    AIRLOCK_TRY(given(engine));
    AIRLOCK_ASSIGN(abi::Engine::Reader seat, engine->engine->reader());
    *reader = new airlock_abi_reader{engine->engine, std::move(seat)};
    return {};
  });
}

void airlock_abi_reader_free(airlock_abi_reader* reader) { delete reader; }

int airlock_abi_hold(airlock_abi_reader* reader) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(reader));
    reader->held.reset();
    reader->held.emplace(reader->reader.view());
    return {};
  });
}

int airlock_abi_let_go(airlock_abi_reader* reader) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(reader));
    reader->held.reset();
    return {};
  });
}

int airlock_abi_pack_version(airlock_abi_reader* reader, airlock_abi_text* version) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(version));
    *version = {"", 0};
    AIRLOCK_TRY(given(reader));
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      reader->text = view.version();
      *version = shown(reader->text);
      return {};
    });
  });
}

int airlock_abi_decode(airlock_abi_reader* reader, const airlock_abi_call* call,
                       airlock_abi_text* json) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(json));
    *json = {"", 0};
    AIRLOCK_TRY(given(reader));
    AIRLOCK_ASSIGN(const abi::Call asked, call_from(call));
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      AIRLOCK_ASSIGN(const abi::Decoded decoded, view.decode(asked));
      const auto carried = abi::Carried::of(view.explaining(), asked, decoded);
      reader->text.clear();
      AIRLOCK_TRY(abi::append_json(reader->text, decoded, carried, view.version()));
      *json = shown(reader->text);
      return {};
    });
  });
}

int airlock_abi_read_transaction(airlock_abi_reader* reader, const char* chain, const uint8_t* data,
                                 size_t size, airlock_abi_text* json) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(json));
    *json = {"", 0};
    AIRLOCK_TRY(given(reader));
    AIRLOCK_ASSIGN(const std::string_view asked, text_from(chain, AIRLOCK_ABI_TEXT_SIZE_MAX));
    AIRLOCK_ASSIGN(const Bytes bytes, bytes_from(data, size, AIRLOCK_ABI_DATA_SIZE_MAX));
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      AIRLOCK_ASSIGN(const json::Value read,
                     abi::read_transaction(view.explaining(), asked, bytes));
      reader->text = json::write(read);
      *json = shown(reader->text);
      return {};
    });
  });
}

int airlock_abi_encode(airlock_abi_reader* reader, const airlock_abi_request* request,
                       airlock_abi_bytes* data) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(data));
    *data = {nullptr, 0};
    AIRLOCK_TRY(given(reader));
    AIRLOCK_TRY(given(request));
    AIRLOCK_ASSIGN(const abi::Request asked, request_from(*request));
    AIRLOCK_ASSIGN(const std::string_view text,
                   text_from(request->arguments, AIRLOCK_ABI_ARGUMENTS_SIZE_MAX));
    AIRLOCK_ASSIGN(const json::Tree tree,
                   json::Tree::parse(text, AIRLOCK_ABI_ARGUMENTS_SIZE_MAX, json::Nul::in_texts));
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      AIRLOCK_ASSIGN(reader->content, view.encode(asked, tree.root()));
      *data = shown(reader->content);
      return {};
    });
  });
}

int airlock_abi_read_entry(airlock_abi_reader* reader, const char* key, airlock_abi_entry* entry) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(entry));
    *entry = {};
    AIRLOCK_TRY(given(reader));
    AIRLOCK_ASSIGN(const std::string_view wanted, key_from(key));
    return with_view(*reader, [&](const abi::Engine::View& view) -> Status {
      const auto content = view.snapshot().content(wanted);
      if (!content && content.error().code != Code::not_found)
        return std::unexpected(content.error());
      reader->proof = view.snapshot().pack().prove(wanted);
      entry->proof = shown(reader->proof);
      AIRLOCK_TRY(content);
      reader->content.assign(content->begin(), content->end());
      entry->content = shown(reader->content);
      return {};
    });
  });
}

int airlock_abi_check_present(const airlock_abi_committed* committed, const char* key,
                              const airlock_abi_entry* entry) {
  return guarded([&]() -> Status {
    AIRLOCK_ASSIGN(const package::Entries entries, committed_from(committed));
    AIRLOCK_ASSIGN(const std::string_view wanted, key_from(key));
    AIRLOCK_ASSIGN(const Bytes proof, proof_from(entry));
    AIRLOCK_ASSIGN(const Bytes content, bytes_from(entry->content.data, entry->content.size,
                                                   abi::pack::kContentSizeMax));
    return airlock::entry::check_present(proof, wanted, content, entries);
  });
}

int airlock_abi_check_absent(const airlock_abi_committed* committed, const char* key,
                             const airlock_abi_entry* entry) {
  return guarded([&]() -> Status {
    AIRLOCK_ASSIGN(const package::Entries entries, committed_from(committed));
    AIRLOCK_ASSIGN(const std::string_view wanted, key_from(key));
    AIRLOCK_ASSIGN(const Bytes proof, proof_from(entry));
    return airlock::entry::check_absent(proof, wanted, entries);
  });
}
