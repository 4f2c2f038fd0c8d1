#include "apps/airlock/hand_over.h"

#include <unistd.h>

#include <cerrno>

namespace airlock::app {

Answer hand_over(const file::Path& program, std::vector<std::string> words) {
  words.insert(words.begin(), program.string());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(program.c_str(), arguments.data());
  return refuse(file::code_of(errno), program.string());
}

}  // namespace airlock::app
