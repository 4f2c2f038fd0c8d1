// host/parallel: work in numbered parts that do not need each other, done side by side.
//
// It is for blocks: each is encoded, decoded or hashed alone, so several processors may each have
// one at hand. It promises that parts are begun in their order and each once, that an error is the
// one of the first part that fails, however many threads there are, and that where the system gives
// no more threads the ones that there are do it all. It never decides what may be done at the same
// time, locks nothing of the caller's, and keeps no thread when it returns.
#pragma once

#include <cstddef>
#include <functional>

#include "core/base/base.h"

namespace airlock::parallel {

// worker_count is one for each processor, 1..max; `max` is at least 1.
std::size_t worker_count(std::size_t max);

struct Range {
  std::size_t first = 0;
  std::size_t end = 0;
};

// One part's work; `worker` (from 0) says whose memory it may use. It must not throw: that ends the
// process, whichever thread it happens on.
using Task = std::function<Status(std::size_t worker, std::size_t part)>;

// for_each runs a task for each part by so many threads at once, the caller's included. After a
// failure no more are begun, and the error is that of the first part that failed.
Status for_each(Range range, std::size_t workers, const Task& task);

}  // namespace airlock::parallel
