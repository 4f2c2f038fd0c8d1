// What a patch is made of, as a drawing.
#pragma once

#include <string>
#include <string_view>

#include "publish/diff/delta_file.h"

namespace airlock::app {

// text_of draws for a terminal, one line for each block; svg_of as a picture of its own.
std::string text_of(const diff::PayloadParts& parts);
std::string svg_of(const diff::PayloadParts& parts);
std::string_view name_of_isa(delta::Isa isa);

}  // namespace airlock::app
