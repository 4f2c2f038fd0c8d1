#include "tests/disk/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "core/crypto/crypto.h"
#include "tests/disk/calls.h"

namespace airlock::disk {
namespace {

using fakes::Cut;
using Kind = Call::Kind;

constexpr std::size_t kSector = 512;
constexpr std::uint8_t kGarbage = 0xa7;

std::string folder_of(const std::string& path) { return Path(path).parent_path().string(); }

void put(Buffer& content, std::uint64_t offset, Bytes bytes) {
  const std::size_t end = static_cast<std::size_t>(offset) + bytes.size();
  if (content.size() < end) content.resize(end);
  copy_into(MutableBytes(content).subspan(static_cast<std::size_t>(offset)), bytes);
}

Bytes sector_at(const Buffer& content, std::size_t at) {
  if (at >= content.size()) return {};
  return Bytes(content).subspan(at, std::min(kSector, content.size() - at));
}

// A write that was interrupted: its first half, and perhaps a sector of garbage or of both.
Buffer torn_write(Buffer content, const Call& call, Cut cut) {
  const std::size_t size = call.bytes.size();
  if (cut == Cut::after) return put(content, call.offset, call.bytes), content;
  put(content, call.offset, Bytes(call.bytes).first(size / 2));
  if (cut == Cut::torn_garbage) {
    const Buffer garbage(std::min(kSector, size - size / 2), kGarbage);
    put(content, call.offset + size / 2, garbage);
  }
  if (cut == Cut::torn_erase) {
    const Buffer zeros(size - size / 2, 0);
    put(content, call.offset + size / 2, zeros);
  }
  return content;
}

// A sync that was interrupted: every other changed sector is there, the rest is old, or garbage, or
// was given room and never filled.
Buffer torn_sync(const Buffer& durable, const Buffer& now, Cut cut) {
  if (cut == Cut::after) return now;
  Buffer content = durable;
  std::size_t changed = 0;
  for (std::size_t at = 0; at < now.size(); at += kSector) {
    const Bytes wanted = sector_at(now, at);
    if (equal(wanted, sector_at(durable, at))) continue;
    const bool arrives = changed++ % 2 == 0;
    if (arrives) put(content, at, wanted);
    if (!arrives && cut == Cut::torn_garbage) put(content, at, Buffer(wanted.size(), kGarbage));
    if (!arrives && cut == Cut::torn_erase) put(content, at, Buffer(wanted.size(), 0));
  }
  return content;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::create: return "create";
    case Kind::write: return "write";
    case Kind::resize: return "resize";
    case Kind::sync: return "sync";
    case Kind::sync_folder: return "sync folder";
    case Kind::rename: return "rename";
    case Kind::link: return "link";
    case Kind::remove: return "remove";
  }
  broken_promise();
}

// ---- the model

std::size_t Model::add(const std::string& path, Buffer content) {
  nodes_.push_back({content, content});
  names_[path] = durable_names_[path] = nodes_.size() - 1;
  return nodes_.size() - 1;
}

void Model::apply(const Call& call) {
  switch (call.kind) {
    case Kind::create:
      AIRLOCK_CHECK(call.node == nodes_.size());
      nodes_.emplace_back();
      names_[call.path] = call.node;
      return;
    case Kind::write: return put(nodes_[call.node].now, call.offset, call.bytes);
    case Kind::resize: nodes_[call.node].now.resize(static_cast<std::size_t>(call.offset)); return;
    case Kind::sync: nodes_[call.node].durable = nodes_[call.node].now; return;
    case Kind::sync_folder: {
      const auto is_here = [&](const auto& name) { return folder_of(name.first) == call.path; };
      std::erase_if(durable_names_, is_here);
      for (const auto& name : names_) {
        if (is_here(name)) durable_names_.insert(name);
      }
      return;
    }
    case Kind::rename:
      names_[call.to] = names_.at(call.path);
      names_.erase(call.path);
      return;
    case Kind::link: names_[call.to] = names_.at(call.path); return;
    case Kind::remove: names_.erase(call.path); return;
  }
  broken_promise();
}

State Model::now() const {
  State state;
  for (const auto& [path, node] : names_) state[path] = nodes_[node].now;
  return state;
}

State Model::left(const Call& call, Cut cut, Unsynced unsynced) const {
  Model after = *this;
  const bool changes_names = call.kind == Kind::create || call.kind == Kind::rename ||
                             call.kind == Kind::link || call.kind == Kind::remove;
  if (cut == Cut::after && (changes_names || call.kind == Kind::sync_folder)) after.apply(call);
  const bool loses_bytes = unsynced == Unsynced::lost || unsynced == Unsynced::bytes_lost;
  const bool loses_names = unsynced == Unsynced::lost || unsynced == Unsynced::names_lost;
  State state;
  for (const auto& [path, number] : loses_names ? after.durable_names_ : after.names_) {
    const Node& node = after.nodes_[number];
    Buffer content = loses_bytes ? node.durable : node.now;
    const bool is_meant = number == call.node && cut != Cut::before;
    if (is_meant && call.kind == Kind::write) content = torn_write(std::move(content), call, cut);
    if (is_meant && call.kind == Kind::sync) content = torn_sync(node.durable, node.now, cut);
    if (is_meant && call.kind == Kind::resize && cut == Cut::after) {
      content.resize(static_cast<std::size_t>(call.offset));
    }
    state[path] = std::move(content);
  }
  return state;
}

// ---- the recorder

Recorder::Recorder(const Path& folder, std::vector<Path> others) : folder_(folder.string()) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) watch(entry.path());
  }
  for (const Path& other : others) watch(other);
  watch_calls(this);
}

Recorder::~Recorder() { watch_calls(nullptr); }

void Recorder::watch(const Path& path) {
  const file::File opened = *file::File::open(path, file::Access::read);
  Buffer content(static_cast<std::size_t>(*opened.size()));
  AIRLOCK_CHECK(opened.read_at(0, content).has_value());
  nodes_[identity_of(opened.descriptor())] = before_.add(path.string(), std::move(content));
  ++node_count_;
}

Recorder::Identity Recorder::identity_of(int descriptor) {
  struct stat found;
  AIRLOCK_CHECK(::fstat(descriptor, &found) == 0);
  if (S_ISBLK(found.st_mode)) return {found.st_rdev, 0};
  return {found.st_dev, found.st_ino};
}

bool Recorder::is_inside(const std::string& path) const {
  return path.starts_with(folder_ + "/") || path == folder_;
}

void Recorder::created(int descriptor, const std::string& path) {
  if (!is_inside(path)) return;
  nodes_[identity_of(descriptor)] = node_count_;
  Call call{Kind::create, node_count_++, path, {}, 0, {}};
  add(std::move(call));
}

void Recorder::wrote(int descriptor, std::uint64_t offset, Bytes bytes) {
  const auto node = nodes_.find(identity_of(descriptor));
  if (node == nodes_.end()) return;
  add({Kind::write, node->second, {}, {}, offset, Buffer(bytes.begin(), bytes.end())});
}

void Recorder::resized(int descriptor, std::uint64_t size) {
  const auto node = nodes_.find(identity_of(descriptor));
  if (node != nodes_.end()) add({Kind::resize, node->second, {}, {}, size, {}});
}

void Recorder::synced(int descriptor) {
  struct stat found;
  AIRLOCK_CHECK(::fstat(descriptor, &found) == 0);
  if (S_ISDIR(found.st_mode)) {
    std::array<char, 4096> path;
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
    AIRLOCK_CHECK(size > 0);
    const std::string name(path.data(), static_cast<std::size_t>(size));
    if (is_inside(name)) add({Kind::sync_folder, SIZE_MAX, name, {}, 0, {}});
    return;
  }
  const auto node = nodes_.find(identity_of(descriptor));
  if (node != nodes_.end()) add({Kind::sync, node->second, {}, {}, 0, {}});
}

void Recorder::renamed(const std::string& from, const std::string& to) {
  if (is_inside(from)) add({Kind::rename, SIZE_MAX, from, to, 0, {}});
}

void Recorder::linked(const std::string& from, const std::string& to) {
  if (is_inside(from)) add({Kind::link, SIZE_MAX, from, to, 0, {}});
}

void Recorder::removed(const std::string& path) {
  if (is_inside(path)) add({Kind::remove, SIZE_MAX, path, {}, 0, {}});
}

// ---- cuts

std::string text_of(const Place& place) {
  static constexpr std::array<std::string_view, 5> kCutNames = {"before", "half", "garbage",
                                                                "erase", "after"};
  static constexpr std::array<std::string_view, 4> kLossNames = {"kept", "lost", "bytes lost",
                                                                 "names lost"};
  return "call " + std::to_string(place.call) + " (" + std::string(name_of(place.kind)) + ") " +
         std::string(kCutNames[static_cast<std::size_t>(place.cut)]) + ", unsynced " +
         std::string(kLossNames[static_cast<std::size_t>(place.unsynced)]);
}

std::uint64_t visit_cuts(const Recorder& run, const Visit& visit) {
  const auto digest_of = [](const State& state) {
    crypto::Sha256 hash;
    for (const auto& [path, content] : state) {
      hash.update(bytes_of(path + "\n" + std::to_string(content.size()) + "\n"));
      hash.update(content);
    }
    return hash.finish();
  };
  std::set<crypto::Digest> visited;
  std::uint64_t number = 0;
  Model model = run.before();
  for (std::size_t i = 0; i < run.calls().size(); ++i) {
    const Call& call = run.calls()[i];
    for (Cut cut : fakes::kCuts) {
      for (Unsynced unsynced : kUnsynced) {
        if (!visit.takes(number++)) continue;
        const State state = model.left(call, cut, unsynced);
        if (!visited.insert(digest_of(state)).second) continue;
        visit.state({i, call.kind, cut, unsynced}, state);
      }
    }
    model.apply(call);
  }
  return number;
}

std::uint64_t count_cuts(const Recorder& run) {
  return run.calls().size() * std::size(fakes::kCuts) * std::size(kUnsynced);
}

namespace {

// A scratch area of megabytes is nearly all hole, and is restored thousands of times.
enum class Holes : std::uint8_t { stay, are_zeros };
void write_back(int descriptor, const Buffer& content, Holes holes) {
  constexpr std::size_t kPart = 4096;
  for (std::size_t at = 0; at < content.size(); at += kPart) {
    const Bytes part = Bytes(content).subspan(at, std::min(kPart, content.size() - at));
    if (holes == Holes::stay && std::ranges::count(part, 0) == std::ssize(part)) continue;
    const auto size = static_cast<ssize_t>(part.size());
    AIRLOCK_CHECK(::pwrite(descriptor, part.data(), part.size(), static_cast<off_t>(at)) == size);
  }
}

}  // namespace

void watch_nobody() { watch_calls(nullptr); }

void restore(const Path& folder, const State& state) {
  std::vector<Path> gone;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !state.contains(entry.path().string())) {
      gone.push_back(entry.path());
    }
  }
  for (const Path& path : gone) std::filesystem::remove(path);
  for (const auto& [path, content] : state) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    AIRLOCK_CHECK(descriptor >= 0);
    struct stat found;
    AIRLOCK_CHECK(::fstat(descriptor, &found) == 0);
    const auto size = static_cast<off_t>(content.size());
    const bool is_file = S_ISREG(found.st_mode);
    if (is_file)
      AIRLOCK_CHECK(::ftruncate(descriptor, 0) == 0 && ::ftruncate(descriptor, size) == 0);
    write_back(descriptor, content, is_file ? Holes::stay : Holes::are_zeros);
    ::close(descriptor);
  }
}

}  // namespace airlock::disk
