// A file that a command makes where its user says.
#pragma once

#include <span>
#include <string>

#include "host/commandline/command.h"
#include "host/file/file.h"

namespace airlock::commandline {

class Output {
 public:
  // at looks before the work begins, and writes nothing. Errors: not_a_file where a device, a pipe
  // or a folder has this name, not_found where its folder is none.
  static std::expected<Output, Refusal> at(const std::string& path);

  const std::string& name() const { return name_; }
  // place is where it will be: what a link leads to.
  const file::Path& place() const { return place_; }
  // is says whether another name leads to the same file.
  bool is(const std::string& path) const;
  // apart_from refuses (usage) to write over what the command reads, or makes besides.
  Answer apart_from(std::span<const std::string> others) const;
  // outside_of refuses (usage) to write into a folder that the command reads.
  Answer outside_of(const std::string& folder) const;

  Answer write(Bytes bytes) const;

 private:
  Output(std::string name, file::Path place) : name_(std::move(name)), place_(std::move(place)) {}
  std::string name_;
  file::Path place_;
};

// write_output is at and write, for a command that needs little time.
Answer write_output(const std::string& path, Bytes bytes);

}  // namespace airlock::commandline
