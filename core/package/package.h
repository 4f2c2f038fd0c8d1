// core/package: the package door.
//
// It is for one question: did a complete quorum sign exactly these bytes, as a package of this
// kind? Bytes and the device's keyring go in; a Proven manifest comes out, and nobody else can make
// one. The keyring is the only judge: a manifest names neither keys nor policies, and a signature
// by a key that the keyring does not list counts for nothing.
//
// It promises: every group of the kind's policy reaches its threshold with distinct keys (count
// exists once, in quorum.cc, for every kind); nothing is read from a manifest before it is proven,
// except by those who say so (`read_unproven`); no heap, no clock, no I/O, so that a bootloader
// holds the same door. It never judges freshness or the device's fitness: the first is the
// repository door's part, the second the gate's (gate.h). Whether a release stands in the public
// log is proven here too (inclusion.h), where the keyring names one. It reads no certificate: where
// a policy demands them it names the keys and asks whoever can judge (Certifier, quorum.h), and
// where nobody can it refuses.
//
// Formats: docs/formats/manifest.md, docs/formats/keyring.md,
// docs/formats/log.md.
#pragma once

#include "core/package/checkpoint.h"
#include "core/package/encode.h"
#include "core/package/fault.h"
#include "core/package/gate.h"
#include "core/package/inclusion.h"
#include "core/package/keyring.h"
#include "core/package/manifest.h"
#include "core/package/quorum.h"
#include "core/package/semver.h"
#include "core/package/tree.h"
