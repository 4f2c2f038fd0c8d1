// trust/translog: the public log of releases.
//
// It is for showing that a vendor ships everybody the same bytes. Every release is an entry, the
// digest of its manifest, in an append-only Merkle tree that is published as static files (C2SP
// tlog-tiles); witnesses who saw that it only grew cosign its checkpoints, and monitors read all of
// it. This room writes such a log, makes proofs from it, decides as a witness, and follows as a
// monitor. What a device checks is core/package's part (inclusion.h).
//
// It promises:
//   - tiles are written before the checkpoint that speaks of them, each file whole: after a crash
//     at any place the log is the one before or the one after, and can be added to;
//   - the log signs only what was read back from its files and continues its last checkpoint;
//   - a witness cosigns only what continues what it cosigned before, and has stored it by then;
//   - a monitor recomputes every root from the entries themselves, which it keeps.
// It holds no key (signatures come from whoever asks) and touches no network (files come through
// Fetcher). Format: docs/formats/log.md.
#pragma once

#include "trust/translog/log.h"
#include "trust/translog/monitor.h"
#include "trust/translog/note.h"
#include "trust/translog/tiles.h"
#include "trust/translog/witness.h"
