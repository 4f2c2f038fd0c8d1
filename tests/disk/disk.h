// A disk that forgets: what a power cut may leave of the files that a process changes.
//
// A Recorder watches the calls by which this process changes a folder, and slots elsewhere (block
// devices), and knows what each has made durable: written bytes by fsync of their file, names by
// fsync of their folder. From one run it then tells every state in which the power may have left
// the disk: at each call, in five ways, and with what was not synced kept, lost, or kept in part.
//
// The calls are seen because this room stands in front of the C library (calls.cc): every program
// that links it is watched while a Recorder records, and runs as ever otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/file/file.h"
#include "tests/fakes/flash.h"

namespace airlock::disk {

using file::Buffer;
using file::Path;

// What lies on the disk: every file by its name.
using State = std::map<std::string, Buffer>;

// What becomes of writes and names that were not synced yet: all kept; all lost; the names without
// the bytes; the bytes without the names.
enum class Unsynced : std::uint8_t { kept, lost, bytes_lost, names_lost };
inline constexpr Unsynced kUnsynced[] = {Unsynced::kept, Unsynced::lost, Unsynced::bytes_lost,
                                         Unsynced::names_lost};

// One call that changes the disk.
struct Call {
  enum class Kind : std::uint8_t { create, write, resize, sync, sync_folder, rename, link, remove };
  Kind kind = Kind::write;
  std::size_t node = 0;      // of create, write, resize, sync
  std::string path;          // of create, sync_folder, rename (from), link (from), remove
  std::string to;            // of rename, link
  std::uint64_t offset = 0;  // of write; of resize the size
  Buffer bytes;
};
std::string_view name_of(Call::Kind kind);

// Nodes and the names that lead to them, now and on the medium.
class Model {
 public:
  // A node by name, all of it durable. A device keeps its name whatever happens.
  std::size_t add(const std::string& path, Buffer content);
  void apply(const Call& call);
  // left tells the state in which the power leaves the disk when it fails in this call.
  State left(const Call& call, fakes::Cut cut, Unsynced unsynced) const;
  State now() const;

 private:
  struct Node {
    Buffer now;
    Buffer durable;
  };
  using Names = std::map<std::string, std::size_t>;

  std::vector<Node> nodes_;
  Names names_;
  Names durable_names_;
};

// One recorder at a time. What it watches must not change while none records.
class Recorder {
 public:
  // record begins to watch `folder`, and block devices or files elsewhere by `others`.
  Recorder(const Path& folder, std::vector<Path> others);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  const Model& before() const { return before_; }
  const std::vector<Call>& calls() const { return calls_; }

  // Of calls.cc.
  void created(int descriptor, const std::string& path);
  void wrote(int descriptor, std::uint64_t offset, Bytes bytes);
  void resized(int descriptor, std::uint64_t size);
  void synced(int descriptor);
  void renamed(const std::string& from, const std::string& to);
  void linked(const std::string& from, const std::string& to);
  void removed(const std::string& path);

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t node = 0;
    friend auto operator<=>(const Identity&, const Identity&) = default;
  };
  static Identity identity_of(int descriptor);
  bool is_inside(const std::string& path) const;
  void add(Call call) { calls_.push_back(std::move(call)); }
  void watch(const Path& path);

  std::string folder_;
  Model before_;
  std::vector<Call> calls_;
  std::map<Identity, std::size_t> nodes_;
  std::size_t node_count_ = 0;
};

// A place in a run at which the power was cut.
struct Place {
  std::size_t call = 0;
  Call::Kind kind = Call::Kind::write;
  fakes::Cut cut = fakes::Cut::before;
  Unsynced unsynced = Unsynced::kept;
};
std::string text_of(const Place& place);

// Visits each state that a cut in a run may leave; one that was visited already is only counted.
// Returns how many cuts there were. `takes` may leave places out; it is asked by number.
struct Visit {
  std::function<bool(std::uint64_t number)> takes;
  std::function<void(const Place& place, const State& state)> state;
};
std::uint64_t visit_cuts(const Recorder& run, const Visit& visit);
std::uint64_t count_cuts(const Recorder& run);

// watch_nobody ends a recording; its calls stay readable.
void watch_nobody();

// restore makes the disk look like that: files that are not in the state are removed from the
// folder.
void restore(const Path& folder, const State& state);

}  // namespace airlock::disk
