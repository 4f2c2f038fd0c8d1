// The power, cut between any two changes of the disk.
#pragma once

#include "host/file/file.h"

namespace airlock::release {

// Every change of the disk asks here, and after `g_left` changes all of them fail.
inline int g_left = 0;
inline Code stop_after(std::string_view, const file::Path&) {
  return g_left-- > 0 ? Code::ok : Code::io_failed;
}

inline constexpr int kChangesMax = 200;

// Plays a call again and again, with the power cut after one change more each time, until it ends
// by itself, and looks after each cut. Returns how often it was cut.
template <class Call, class Look>
int cut_everywhere(Call call, Look look) {
  for (int at = 0; at < kChangesMax; ++at) {
    g_left = at;
    file::set_interruption(&stop_after);
    const bool is_done = call();
    file::set_interruption(nullptr);
    look(at);
    if (is_done) return at;
  }
  return kChangesMax;
}

}  // namespace airlock::release
