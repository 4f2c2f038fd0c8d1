// core/link: how a device without a network fetches a release over a serial line.
//
// It is for both ends of one wire: the device (RemoteHost, which core/bare asks) and whoever relays
// a package to it (serve). The device pulls: it sends a request, has no other one outstanding, and
// waits for its answer. Bytes are asked for by the digest of what they are a part of, so that
// neither end keeps a state which a reset could lose: a lost or damaged frame is asked for once
// more, and another host may go on where the first one stopped.
//
// It promises: no frame is longer than the device can hold, whatever comes over the wire; an answer
// counts for the very request that it was given to, and for no other; every wait has a bound. It
// decides nothing about trust: the checksums here are against accidents, and what a device makes of
// the bytes is what core/bare makes of a stranger's. docs/formats/serial-link.md has every byte.
#pragma once

#include "core/link/frame.h"
#include "core/link/message.h"
#include "core/link/remote.h"
#include "core/link/serve.h"
