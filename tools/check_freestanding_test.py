#!/usr/bin/env python3
"""See tools/check_freestanding.py find each fault it is for, in objects compiled as core/ is ($CXX)."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import check_freestanding

FLAGS = ("-std=c++23", "-O2", "-fPIE", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")


def faults_of(text, name="planted.o"):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / name
        subprocess.run([os.environ.get("CXX", "c++"), *FLAGS, "-xc++", "-", "-c", "-o", file], input=text, text=True,
                       check=True)
        return [fault.removeprefix(f"{file}: ") for object_name, listing in check_freestanding.objects_of(str(file))
                for fault in check_freestanding.faults_of(object_name, listing)]


class CheckFreestanding(unittest.TestCase):
    def assert_asks_for(self, pattern, text):
        self.assertRegex("\n".join(faults_of(text)), rf"(?m)^asks for {pattern}$")

    def test_finds_nothing_where_nothing_is(self):
        self.assertEqual(faults_of("""
            #include <cstring>
            namespace airlock { int above(const int&); }
            struct Effect { virtual int act() = 0; };
            const char* const kNames[] = {"a", "b"};
            int read(Effect& effect, const char* text, unsigned at) {
              char copy[64];
              std::memcpy(copy, text, at);
              return effect.act() + airlock::above(copy[at % 64]) + *kNames[at % 2];
            }"""), [])

    def test_finds_heap(self):
        self.assert_asks_for("_Znw.", "int* a() { return new int; }")
        self.assert_asks_for("_Zna.", "int* a(int n) { return new int[n]; }")
        self.assert_asks_for("_Zna.RKSt9nothrow_t", "#include <new>\nint* a(int n) { return new (std::nothrow) int[n]; }")
        self.assert_asks_for("_ZdaPv", "void a(int* p) { delete[] p; }")
        for call in ("malloc(n)", "calloc(n, n)", "realloc(p, n)"):
            self.assert_asks_for(call.split("(")[0], f"#include <cstdlib>\nvoid* a(void* p, int n) {{ return p ? std::{call} : p; }}")
        self.assert_asks_for("_Znw.", "#include <vector>\nstd::vector<int> a() { return {1}; }")

    def test_finds_what_would_throw(self):
        self.assert_asks_for("_ZSt24__throw_out_of_range_fmtPKcz",
                             "#include <string_view>\nauto a(std::string_view t, int n) { return t.substr(n); }")

    def test_finds_the_world_outside(self):
        self.assert_asks_for("time", "#include <ctime>\nauto a() { return std::time(nullptr); }")
        self.assert_asks_for("puts", "#include <cstdio>\nvoid a() { std::puts(\"a\"); }")
        self.assert_asks_for("rand", "#include <cstdlib>\nint a() { return std::rand(); }")

    def test_finds_writable_memory(self):
        for section, text in ((".data", "int a = 1;"), (".bss", "int a() { static int n; return ++n; }"),
                              (".tbss", "thread_local int a;"),
                              (".init_array", "int b(); const int a = b();")):
            found = faults_of(text)
            self.assertTrue(any(fault.startswith("holds ") and fault.endswith(f" in {section}") for fault in found),
                            (section, found))

    def test_excepts_a_backend_and_no_more_than_it_needs(self):
        copy = "#include <new>\nint* a(int n) { return new (std::nothrow) int[n]; }"
        self.assertEqual(faults_of(copy, "backend_host.cc.o"), [])
        self.assertTrue(faults_of("int* a() { return new int; }", "backend_host.cc.o"))
        self.assertTrue(faults_of("int a = 1;", "backend_host.cc.o"))


if __name__ == "__main__":
    unittest.main()
