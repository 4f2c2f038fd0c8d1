#!/usr/bin/env python3
"""See tools/mutate.py leave out a storing call wherever it stands, and refuse a file that it does not change."""
import subprocess
import sys
import unittest

import mutate

PLACES = (  # a statement, and what is left of it
    ("  AIRLOCK_TRY(area.sync());", "  AIRLOCK_TRY(Status());"),
    ("  for (Area* area : areas.copies) AIRLOCK_TRY(write_copy(*area, record));", "  for (Area* area : areas.copies) AIRLOCK_TRY(Status());"),
    ("  const Status written = write_copy(*areas.copies[1 - newest.copy], record);", "  const Status written = Status();"),
    ("  return written ? settle(areas) : written;", "  return written ? Status() : written;"),
    ("  if (!store(view.record, record)) return fail(Code::storage_failed);", "  if (!Status()) return fail(Code::storage_failed);"),
    ("  (void)note_proven(view, record, record.active);", "  (void)Status();"),
    ("  AIRLOCK_TRY(areas_.parts[i].execution->erase(0,\n      size_of(part)));", "  AIRLOCK_TRY(Status());"),
    ("  AIRLOCK_TRY(Exchange::begin(areas, to, step));", "  AIRLOCK_TRY(Status());"),
)


class Mutate(unittest.TestCase):
    def test_a_storing_call_is_left_out_wherever_it_stands(self):
        for statement, left in PLACES:
            self.assertEqual([source for _, source in mutate.dropped_calls(statement)], [left], statement)

    def test_what_is_no_storing_call_stays(self):
        for text in ("Status Exchange::sync(std::size_t part) {", "  // sync() comes first", '  say("store(it)");', "  restore(session);", "void finish(Session& session) {",
                     "  const Status stored = prove(view);"):
            self.assertEqual(list(mutate.dropped_calls(text)), [], text)

    def test_every_line_that_was_passed_over_once_is_changed_now(self):
        dropped = {(mutant["file"], mutant["text"]) for path in mutate.sources() for mutant in mutate.mutants_of(path) if mutant["what"] == "an operation is dropped"}
        for file, text in (("core/slot/store.cc", "return written ? settle(areas) : written;"),
                           ("core/slot/boot.cc", "if (!store(view.record, record)) return fail(Code::storage_failed);"),
                           ("core/slot/exchange.cc", "if (!pages_are_fresh_) AIRLOCK_TRY(begin_pages());"),
                           ("core/slot/exchange_found.cc", "AIRLOCK_TRY(Exchange::begin(areas, found->to, found->step));")):
            self.assertIn((file, text), dropped)

    def test_a_wrong_line_changes_nothing(self):
        for words, status in ((["--help"], 0), (["--lis"], 2), (["core/slot/nothing.cc"], 2), (["core/slot/exchange.h"], 2)):
            ran = subprocess.run([sys.executable, mutate.__file__, *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(ran.returncode, status, words)
            self.assertNotIn("mutants=", ran.stdout)


if __name__ == "__main__":
    unittest.main()
