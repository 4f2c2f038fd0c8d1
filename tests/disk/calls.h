// The C library's calls that change a disk, seen by one recorder. Private to the room.
#pragma once

namespace airlock::disk {

class Recorder;
// watch_calls tells a recorder of every call from now on; nullptr: nobody.
void watch_calls(Recorder* recorder);

}  // namespace airlock::disk
