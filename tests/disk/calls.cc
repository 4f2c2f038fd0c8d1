// In front of the C library: the same calls, made by the system call itself, and told.
#include "tests/disk/calls.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <mutex>

#include "tests/disk/disk.h"

namespace airlock::disk {
namespace {

std::atomic<Recorder*> g_recorder = nullptr;
std::mutex g_mutex;  // workers write side by side

constexpr int kCreate = 0100;  // O_CREAT; <fcntl.h> would declare open in another way

// tell lets the recorder know of a call that succeeded.
template <class Told>
void tell(bool succeeded, Told told) {
  Recorder* const recorder = g_recorder.load();
  if (recorder == nullptr || !succeeded) return;
  const std::lock_guard lock(g_mutex);
  told(*recorder);
}

bool is_there(const char* path) {
  struct stat found;
  return ::stat(path, &found) == 0;
}

}  // namespace

void watch_calls(Recorder* recorder) { g_recorder = recorder; }

int seen_open(const char* path, int flags, ...) asm("open");
ssize_t seen_pwrite(int descriptor, const void* bytes, size_t size, off_t offset) asm("pwrite");
int seen_fsync(int descriptor) asm("fsync");
int seen_fdatasync(int descriptor) asm("fdatasync");
int seen_ftruncate(int descriptor, off_t size) asm("ftruncate");
int seen_rename(const char* from, const char* to) asm("rename");
int seen_link(const char* from, const char* to) asm("link");
int seen_unlink(const char* path) asm("unlink");

int seen_open(const char* path, int flags, ...) {
  unsigned mode = 0;
  if ((flags & kCreate) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, unsigned);
    va_end(rest);
  }
  const bool is_new = (flags & kCreate) != 0 && g_recorder.load() != nullptr && !is_there(path);
  constexpr int kHere = -100;  // AT_FDCWD
  const int descriptor = static_cast<int>(::syscall(SYS_openat, kHere, path, flags, mode));
  tell(is_new && descriptor >= 0, [&](Recorder& to) { to.created(descriptor, path); });
  return descriptor;
}

ssize_t seen_pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  const ssize_t done = ::syscall(SYS_pwrite64, descriptor, bytes, size, offset);
  tell(done > 0, [&](Recorder& to) {
    to.wrote(descriptor, static_cast<std::uint64_t>(offset),
             {static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(done)});
  });
  return done;
}

// What a test leaves need not outlive this machine's own power: a sync is told and not waited for.
int seen_fsync(int descriptor) {
  struct stat found;
  const int result = ::fstat(descriptor, &found);
  tell(result == 0, [&](Recorder& to) { to.synced(descriptor); });
  return result;
}

int seen_fdatasync(int descriptor) { return seen_fsync(descriptor); }

int seen_ftruncate(int descriptor, off_t size) {
  const int result = static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
  tell(result == 0,
       [&](Recorder& to) { to.resized(descriptor, static_cast<std::uint64_t>(size)); });
  return result;
}

int seen_rename(const char* from, const char* to) {
  const int result = static_cast<int>(::syscall(SYS_rename, from, to));
  tell(result == 0, [&](Recorder& recorder) { recorder.renamed(from, to); });
  return result;
}

int seen_link(const char* from, const char* to) {
  const int result = static_cast<int>(::syscall(SYS_link, from, to));
  tell(result == 0, [&](Recorder& recorder) { recorder.linked(from, to); });
  return result;
}

int seen_unlink(const char* path) {
  const int result = static_cast<int>(::syscall(SYS_unlink, path));
  tell(result == 0, [&](Recorder& to) { to.removed(path); });
  return result;
}

}  // namespace airlock::disk
