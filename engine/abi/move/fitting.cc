// Whether the tables of a module fit each other: from here on every index leads somewhere.
#include <algorithm>

#include "engine/abi/move/module_reader.h"

namespace airlock::abi::move {

class Fitting {
 public:
  explicit Fitting(const Module& module) : module_(module) {}
  bool is_good() const;

 private:
  bool tokens_fit() const;
  bool definitions_fit() const;
  bool definition_fits(const StructDefinition& definition) const;
  bool members_fit() const;
  bool type_fits(std::uint32_t token, std::size_t parameters) const;
  bool instances_fit(std::span<const Instance> instances, std::size_t pool) const;

  const Module& module_;
};

bool tables_fit(const Module& module) { return Fitting(module).is_good(); }

bool Fitting::is_good() const {
  const auto& m = module_;
  const std::size_t names = m.names_.size(), signatures = m.signatures_.size();
  const auto module_fits = [&](const ModuleHandle& handle) {
    return handle.address < m.address_count() && handle.name < names;
  };
  if (m.kind_ == Kind::module && m.modules_.empty()) return false;
  bool good =
      std::ranges::all_of(m.modules_, module_fits) && std::ranges::all_of(m.friends_, module_fits);
  for (const StructHandle& handle : m.structs_)
    good = good && handle.module < m.modules_.size() && handle.name < names;
  for (const FunctionHandle& handle : m.functions_)
    good = good && handle.module < m.modules_.size() && handle.name < names &&
           handle.parameters < signatures && handle.results < signatures &&
           m.signatures_[handle.parameters].parameters <= handle.parameter_count &&
           m.signatures_[handle.results].parameters <= handle.parameter_count;
  good = good && instances_fit(m.function_instances_, m.functions_.size()) &&
         instances_fit(m.struct_instances_, m.struct_definitions_.size()) &&
         instances_fit(m.field_instances_, m.fields_.size()) &&
         instances_fit(m.enum_instances_, m.enum_definitions_.size()) &&
         instances_fit(m.variant_field_instances_, m.variant_fields_.size()) &&
         instances_fit(m.struct_variant_instances_, m.variants_.size());
  return good && tokens_fit() && definitions_fit() && members_fit();
}

bool Fitting::instances_fit(std::span<const Instance> instances, std::size_t pool) const {
  return std::ranges::all_of(instances, [&](const Instance& instance) {
    return instance.of < pool && instance.arguments < module_.signatures_.size();
  });
}

bool Fitting::tokens_fit() const {
  return std::ranges::all_of(module_.tokens_, [this](const Token& token) {
    if (token.kind != TokenKind::structure && token.kind != TokenKind::structure_of) return true;
    return token.index < module_.structs_.size() &&
           module_.structs_[token.index].parameter_count == token.count;
  });
}

bool Fitting::type_fits(std::uint32_t token, std::size_t parameters) const {
  const auto& tokens = module_.tokens_;
  for (std::uint32_t i = token; i < tokens[token].end; ++i)
    if (tokens[i].kind == TokenKind::parameter && tokens[i].index >= parameters) return false;
  return true;
}

bool Fitting::definition_fits(const StructDefinition& definition) const {
  if (definition.handle >= module_.structs_.size()) return false;
  const std::size_t parameters = module_.structs_[definition.handle].parameter_count;
  const auto field_fits = [&](const FieldDefinition& field) {
    return field.name < module_.names_.size() && type_fits(field.type, parameters);
  };
  if (definition.body != Body::variants)
    return std::ranges::all_of(module_.fields_of(definition), field_fits);
  if (definition.count == 0) return false;
  for (const VariantDefinition& variant : module_.variants_of(definition)) {
    if (variant.name >= module_.names_.size()) return false;
    if (!std::ranges::all_of(module_.fields_of(variant), field_fits)) return false;
  }
  return true;
}

bool Fitting::definitions_fit() const {
  const auto fits = [this](const StructDefinition& definition) {
    return definition_fits(definition);
  };
  return std::ranges::all_of(module_.struct_definitions_, fits) &&
         std::ranges::all_of(module_.enum_definitions_, fits);
}

bool Fitting::members_fit() const {
  const auto& m = module_;
  for (const Member& field : m.fields_) {
    if (field.owner >= m.struct_definitions_.size()) return false;
    const StructDefinition& owner = m.struct_definitions_[field.owner];
    if (owner.body != Body::fields || field.place >= owner.count) return false;
  }
  const bool is_sui = m.flavour_ == Flavour::sui;
  const auto& owners = is_sui ? m.enum_definitions_ : m.struct_definitions_;
  const auto has_variant = [&owners](std::size_t owner, std::size_t place) {
    return owner < owners.size() && owners[owner].body == Body::variants &&
           place < owners[owner].count;
  };
  for (const Member& variant : m.variants_)
    if (!has_variant(variant.owner, variant.place)) return false;
  for (const Member& variant : m.variant_instances_)
    if (variant.owner >= m.enum_instances_.size() ||
        !has_variant(m.enum_instances_[variant.owner].of, variant.place))
      return false;
  for (const VariantField& field : m.variant_fields_) {
    if (field.owner >= owners.size()) return false;
    for (unsigned i = 0; i < field.variant_count; ++i) {
      const std::uint8_t place = m.variant_places_[field.first_variant + i];
      if (!has_variant(field.owner, place)) return false;
      const StructDefinition& owner = owners[field.owner];
      if (field.place >= m.variants_of(owner)[place].field_count) return false;
    }
  }
  return true;
}

}  // namespace airlock::abi::move
