#include "host/commandline/output.h"

#include <algorithm>

namespace airlock::commandline {

std::expected<Output, Refusal> Output::at(const std::string& path) {
  Result<file::Path> place = file::output_place(path);
  if (place) return Output(path, std::move(*place));
  if (place.error().code == Code::not_found) {
    return refuse_advising(Code::not_found, path + ": its folder does not exist; make it first");
  }
  if (place.error().code != Code::not_a_file) return refuse(place.error(), path);
  return refuse_advising(Code::not_a_file,
                         path +
                             ": a device, a pipe or a folder, which no file replaces; name "
                             "another place for what is made");
}

bool Output::is(const std::string& path) const {
  std::error_code none;
  if (std::filesystem::equivalent(place_, path, none)) return true;
  const Result<file::Path> other = file::output_place(path);
  return other && std::filesystem::weakly_canonical(*other, none) ==
                      std::filesystem::weakly_canonical(place_, none);
}

Answer Output::apart_from(std::span<const std::string> others) const {
  for (const std::string& other : others) {
    if (!other.empty() && is(other)) {
      return refuse_advising(Code::usage,
                             name_ + " would be written over " + other +
                                 ", which is the same file; name another place for what is "
                                 "made");
    }
  }
  return {};
}

Answer Output::outside_of(const std::string& folder) const {
  std::error_code none;
  const file::Path inside = std::filesystem::weakly_canonical(place_, none);
  const file::Path root = std::filesystem::weakly_canonical(folder, none);
  if (std::mismatch(root.begin(), root.end(), inside.begin(), inside.end()).first != root.end()) {
    return {};
  }
  return refuse_advising(Code::usage, name_ + " would be written into " + folder +
                                          ", which is read; name another place for what is made");
}

Answer Output::write(Bytes bytes) const {
  AIRLOCK_ANSWER_TRY(file::replace(place_, bytes), name_);
  return {};
}

Answer write_output(const std::string& path, Bytes bytes) {
  AIRLOCK_ASSIGN(const Output output, Output::at(path));
  return output.write(bytes);
}

}  // namespace airlock::commandline
