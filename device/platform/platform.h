// device/platform: one device as a folder of a Linux machine.
//
// It is for everything that differs between machines: where slots lie (files or block devices),
// where the record, the manifests and the keyring are kept, the device's own key, what the device
// knows of itself, and what stands between a reset and the firmware: the bootloader, or the judge
// behind a loader that only starts what it is told. It promises
// that one process at a time changes a device (`busy` otherwise), that what is replaced is replaced
// whole or not at all, and that the device's secret key leaves it only as signatures. It never
// decides: it opens no door, writes no image of its own accord, and starts no network.
//
//   config.json            what the device is, and where its server is
//   device.key device.pub  its own Ed25519 key; the DUID is made of the public half
//   trust/                 the repository door's root and what it trusts now; the TLS authority
//   areas/                 slots, manifests, boot record, keyring
//   certificates/          what was revoked once, CRLs, how the last release's signers stood
//   journal                the session at hand
//   incoming/              the envelope at hand, and where it came from
//   wallet/                the owner's; no update touches it
#pragma once

#include "device/platform/area.h"
#include "device/platform/authority.h"
#include "device/platform/config.h"
#include "device/platform/device.h"
#include "device/platform/fault.h"
#include "device/platform/identity.h"
#include "device/platform/power_on.h"
