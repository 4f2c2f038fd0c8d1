// core/base: the words that every room speaks.
//
// It is for the vocabulary that the standard library lacks without a heap: an error with a stable
// code (result.h), views of bytes (bytes.h), containers with a limit (fixed.h), assertions that
// stay on (check.h). It promises to be freestanding and to know nothing of updates. Its names live
// in namespace airlock itself, since they are the vocabulary of every other namespace. What has
// one caller does not live here.
#pragma once

#include "core/base/area.h"
#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/fixed.h"
#include "core/base/result.h"
