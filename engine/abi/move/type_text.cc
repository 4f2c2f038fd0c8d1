#include "engine/abi/move/type_text.h"

#include "engine/abi/move/tag.h"

namespace airlock::abi::move {
namespace {

std::string_view name_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::boolean: return "bool";
    case TokenKind::u8: return "u8";
    case TokenKind::u16: return "u16";
    case TokenKind::u32: return "u32";
    case TokenKind::u64: return "u64";
    case TokenKind::u128: return "u128";
    case TokenKind::u256: return "u256";
    case TokenKind::i8: return "i8";
    case TokenKind::i16: return "i16";
    case TokenKind::i32: return "i32";
    case TokenKind::i64: return "i64";
    case TokenKind::i128: return "i128";
    case TokenKind::i256: return "i256";
    case TokenKind::address: return "address";
    case TokenKind::signer: return "signer";
    case TokenKind::vector: return "vector<";
    case TokenKind::reference: return "&";
    case TokenKind::mutable_reference: return "&mut ";
    case TokenKind::function: return "|";
    case TokenKind::parameter: return "T";
    case TokenKind::structure:
    case TokenKind::structure_of: break;
  }
  return "";
}

}  // namespace

void TypeText::add(const Token& part, std::string_view name) {
  text_ += name_of(part.kind);
  text_ += name;
  if (part.kind == TokenKind::parameter) text_ += std::to_string(part.index);
  if (part.kind == TokenKind::structure_of) text_ += '<';
  if (!opens(part)) close();
}

// Says whether parts of it follow.
bool TypeText::opens(const Token& part) {
  Open made{part.kind, 0, 0, 0};
  if (part.kind == TokenKind::vector || part.kind == TokenKind::reference ||
      part.kind == TokenKind::mutable_reference)
    made.count = 1;
  if (part.kind == TokenKind::structure_of) made.count = part.count;
  if (part.kind == TokenKind::function) {
    made.count = static_cast<std::uint16_t>(part.count + part.results);
    made.results = part.results;
    if (part.count == 0) text_ += made.results > 1 ? "|(" : "|";
  }
  if (made.count == 0) return false;
  AIRLOCK_CHECK(depth_ < kTokenDepthMax);
  open_[depth_++] = made;
  return true;
}

void TypeText::close() {
  while (depth_ > 0) {
    Open& top = open_[depth_ - 1];
    ++top.done;
    const unsigned arguments = top.count - top.results;
    if (top.done < top.count) {
      if (top.kind == TokenKind::function && top.done == arguments)
        text_ += top.results > 1 ? "|(" : "|";
      else
        text_ += ", ";
      return;
    }
    if (top.kind == TokenKind::vector || top.kind == TokenKind::structure_of) text_ += '>';
    if (top.kind == TokenKind::function && top.results == 0) text_ += '|';
    if (top.kind == TokenKind::function && top.results > 1) text_ += ')';
    --depth_;
  }
}

void append_type(std::string& text, const Module& module, std::uint32_t token) {
  TypeText made(text);
  std::string name;
  for (std::uint32_t i = token; i < module.tokens()[token].end; ++i) {
    const Token& part = module.tokens()[i];
    name.clear();
    if (part.kind == TokenKind::structure || part.kind == TokenKind::structure_of)
      append_struct_name(name, module, part.index);
    made.add(part, name);
  }
}

void append_struct_name(std::string& text, const Module& module, std::uint16_t handle) {
  const StructHandle& found = module.structs()[handle];
  append_module_name(text, module, module.modules()[found.module]);
  text.append("::").append(module.names()[found.name]);
}

void append_module_name(std::string& text, const Module& module, const ModuleHandle& handle) {
  append_short_address(text, module.address(handle.address));
  text.append("::").append(module.names()[handle.name]);
}

}  // namespace airlock::abi::move
