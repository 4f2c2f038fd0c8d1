// core/codec: the one way in which Airlock reads and writes binary data.
//
// It is for everything persisted or sent by the package door and the device: manifests, keyrings,
// payload indexes, boot records, journals. It promises a cursor that advances or fails and a
// writer that refuses to overflow, both bounded, without heap and without recursion. It never
// accepts a second encoding of a value: what it reads is deterministic CBOR (RFC 8949, section
// 4.2.1: shortest integers, definite lengths, map keys strictly ascending in bytewise order), so
// that equal meaning is equal bytes. Floats, indefinite lengths and unknown simple values are
// refused. See docs/formats/cbor.md. What is text (Base 64, hexadecimal, numbers, times, paths) is
// read here as strictly.
#pragma once

#include "core/codec/base64.h"
#include "core/codec/cbor.h"
#include "core/codec/checksum.h"
#include "core/codec/text.h"
