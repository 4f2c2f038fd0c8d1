// host/sandbox: a process that can do nothing but answer.
//
// It is for running code that nobody here wrote (a plugin) so that it can compute and say what came
// of it, and nothing else. A program is started in namespaces of its own with two descriptors; it
// takes away from itself, layer by layer, what it no longer needs; then it runs the stranger's
// code. Each function here says whether its layer really holds, and a report names those that do:
// a layer that the kernel lacks is seen and never taken for granted, and whether to go on without
// it is the caller's to say. What is taken away cannot be had back. It promises nothing about
// threads: a process that confines itself has one.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/base/base.h"

namespace airlock::sandbox {

// What keeps a process from the rest of the machine. Each is a bit.
enum class Layer : std::uint8_t {
  privileges = 1,  // no program that it starts may gain any
  limits = 2,      // of memory, descriptors, files, processor time; of processes, but for root
  namespaces = 4,  // of users, processes, networks, mounts, hosts, and of what processes share
  files = 8,       // Landlock: no path can be opened, no socket of TCP used
  calls = 16,      // seccomp: no system call but those on a short list
};
inline constexpr std::array kLayers = {Layer::privileges, Layer::limits, Layer::namespaces,
                                       Layer::files, Layer::calls};
std::string_view name_of(Layer layer);
// layer_named is the way back: out_of_range for another text.
Result<Layer> layer_named(std::string_view name);

class Layers {
 public:
  constexpr Layers() = default;
  constexpr explicit Layers(std::uint32_t bits) : bits_(bits & 31) {}
  static constexpr Layers all() { return Layers(31); }
  constexpr bool has(Layer layer) const { return (bits_ & static_cast<std::uint32_t>(layer)) != 0; }
  constexpr Layers with(Layer layer) const {
    return Layers(bits_ | static_cast<std::uint32_t>(layer));
  }
  constexpr Layers without(Layer layer) const {
    return Layers(bits_ & ~static_cast<std::uint32_t>(layer));
  }
  // covers says whether every one of the others is here too.
  constexpr bool covers(Layers others) const { return (others.bits_ & ~bits_) == 0; }
  constexpr std::uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(Layers, Layers) = default;

 private:
  std::uint32_t bits_ = 0;
};
// text_of writes their names with commas between, or "none".
std::string text_of(Layers layers);

// ---- What a process does to itself.

struct Limits {
  std::uint64_t memory_bytes = 64 << 20;  // of addresses, its program included
  std::uint64_t processor_seconds = 600;  // in its whole life
};
inline constexpr std::uint64_t kStackBytes = 1 << 20;
inline constexpr std::uint64_t kDescriptorsMax = 8;

// give_up_privileges and set_limits answer whether they hold.
bool give_up_privileges();
bool set_limits(const Limits& limits);
// close_files answers the version of Landlock that holds, or 0.
std::uint32_t close_files();
// allow_loading leaves the system calls that the system's loader makes, those of allow_calls, and
// allow_calls itself: opening for reading, looking at files, and memory that is executable. Nothing
// begins a process or a socket, or looks into another one. Another call ends the process.
bool allow_loading(int channel);
// allow_calls leaves the system calls that answering takes: reading and writing that descriptor,
// memory that is not executable, waiting for another thread, the time, and the end. Another one
// ends the process.
bool allow_calls(int channel);

// ---- What its parent does.

inline constexpr int kChannel = 3;  // the descriptors that a confined program begins with
inline constexpr int kFile = 4;

enum class Namespaces : std::uint8_t { own, shared };

// A confined program that runs. It ends with the thread that started it, and with this.
class Process {
 public:
  struct Start {
    std::string program;  // its path
    int channel = -1;     // becomes kChannel
    int file = -1;        // becomes kFile
    Namespaces namespaces = Namespaces::own;
  };
  // start runs the program with no arguments, no environment and no other descriptor. Errors:
  // no_room (no process can be made, or none with namespaces), not_found (the program).
  static Result<Process> start(const Start& start);
  Process(Process&& other) noexcept
      : id_(std::exchange(other.id_, -1)), handle_(std::exchange(other.handle_, -1)) {}
  Process& operator=(Process&& other) = delete;
  ~Process() { end(); }
  // end kills the process, and every other one of its namespace, and waits until it is gone.
  void end();
  // pause makes the process stand still until go_on; it can neither notice nor prevent it.
  void pause() const;
  void go_on() const;
  int id() const { return id_; }
  // seen_of returns those layers of them that the kernel confirms, of those that it tells of a
  // process (privileges, calls), and the others as they are.
  Layers seen_of(Layers said) const;

 private:
  Process(int id, int handle) : id_(id), handle_(handle) {}
  int id_ = -1;
  int handle_ = -1;  // names the process even where somebody else waited for it, unlike its number
};

}  // namespace airlock::sandbox
