// What changed in an entry of a pack that is no map: a token, a chain, a name, a descriptor.
#pragma once

#include "engine/abi/compare.h"

namespace airlock::abi {

// compare_texts appends a change for each value that is another one, place by place, or one for the
// whole content where it is not JSON. Fields of a descriptor are told by their path, not by their
// number. It breaks where another value of the call is shown, or the same one as another amount;
// labels and intents are words. Errors: too_many.
Status compare_texts(std::string_view key, Bytes before, Bytes after, std::vector<Change>& changes);

}  // namespace airlock::abi
