#include "engine/elf/elf.h"

#include <sys/utsname.h>

#include "engine/elf/compile_test.h"
#include "engine/elf/raw.h"

namespace airlock::elf {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::string_view kPlain =
    "#include <string.h>\n"
    "#define SHOWN __attribute__((visibility(\"default\")))\n"
    "SHOWN extern const char text[];\n"
    "const char text[] = \"a constant\";\n"
    "static const char* places[] = {text, text + 2};\n"
    "SHOWN char room[16];\n"
    "SHOWN unsigned long answer(const char* of) { return strlen(of) + strlen(places[room[0]]); }\n";

Machine here() {
  utsname named{};
  return uname(&named) == 0 && std::string_view(named.machine) == "aarch64" ? Machine::aarch64
                                                                            : Machine::x86_64;
}

std::string judged(const Buffer& file) {
  const auto made = Library::read(file, here());
  return made ? "read" : std::string(name(made.error().code));
}

class Judged : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_compiler()) GTEST_SKIP() << "no C compiler: nothing to judge";
  }
  // The verdict on a library of the plain source and more.
  static std::string with(const std::string& source, const std::string& flags = "") {
    return judged(compiled(std::string(kPlain) + source, flags));
  }
  static const Buffer& plain() {
    static const Buffer made = compiled(std::string(kPlain));
    return made;
  }
};

// Changes one record of a library: the first that `chosen` says yes to.
template <class Record, class Chosen, class Change>
Buffer changed(Buffer file, std::size_t at, std::size_t count, Chosen chosen, Change change) {
  for (std::size_t i = 0; i < count; ++i) {
    Record record;
    std::uint8_t* const place = file.data() + at + i * sizeof(Record);
    std::memcpy(&record, place, sizeof(Record));
    if (!chosen(record)) continue;
    change(record);
    std::memcpy(place, &record, sizeof(Record));
    return file;
  }
  ADD_FAILURE() << "no such record";
  return file;
}

template <class Chosen, class Change>
Buffer with_segment(const Buffer& file, Chosen chosen, Change change) {
  const auto header = raw::record<raw::Header>(file, 0);
  return changed<raw::ProgramHeader>(file, header.program_headers, header.program_header_count,
                                     chosen, change);
}

raw::ProgramHeader dynamic_of(const Buffer& file) {
  raw::ProgramHeader found{};
  with_segment(
      file, [](const auto& one) { return one.type == 2; }, [&](auto& one) { found = one; });
  return found;
}

template <class Change>
Buffer with_tag(const Buffer& file, std::uint64_t tag, Change change) {
  const raw::ProgramHeader dynamic = dynamic_of(file);
  return changed<raw::Dynamic>(
      file, dynamic.offset, dynamic.size_file / sizeof(raw::Dynamic),
      [=](const auto& one) { return one.tag == tag; }, change);
}

template <class Change>
Buffer with_header(Buffer file, Change change) {
  return changed<raw::Header>(std::move(file), 0, 1, [](const auto&) { return true; }, change);
}

TEST_F(Judged, ReadsAPlainLibrary) {
  const auto made = Library::read(plain(), here());
  ASSERT_TRUE(made) << name(made.error().code) << " at " << made.error().at;
  ASSERT_EQ(made->needed().size(), 1U);
  EXPECT_EQ(made->needed()[0], "libc.so.6");
  EXPECT_GE(made->segments().size(), 2U);
  EXPECT_GE(made->relocation_count(), 2U);
  const auto text = made->find("text");
  ASSERT_TRUE(text);
  EXPECT_EQ(text_of(*made->constant(*text)), std::string_view("a constant\0", 11));
  EXPECT_FALSE(made->is_code(*text));
  EXPECT_TRUE(made->is_code(*made->find("answer")));
  EXPECT_EQ(made->constant(*made->find("room")).error().code, Code::plugin_symbol_missing)
      << "it can be written";
  EXPECT_EQ(made->find("places").error().code, Code::plugin_symbol_missing) << "it is hidden";
  EXPECT_EQ(made->find("strlen").error().code, Code::plugin_symbol_missing) << "it is libc's";
}

TEST_F(Judged, RefusesWhatIsNoLibraryForThisMachine) {
  EXPECT_EQ(judged({}), "truncated");
  EXPECT_EQ(judged({0x7f, 'E', 'L', 'F'}), "truncated");
  EXPECT_EQ(judged({'M', 'Z', 0, 0}), "wrong_magic");
  EXPECT_EQ(judged(Buffer(kFileSizeMax + 1, 0)), "wrong_magic");
  Buffer large = plain();
  large.resize(kFileSizeMax + 1);
  EXPECT_EQ(judged(large), "oversized");
  EXPECT_EQ(judged(with_header(plain(), [](auto& header) { header.ident[4] = 1; })),
            "plugin_wrong_machine");
  EXPECT_EQ(judged(with_header(plain(), [](auto& header) { header.machine = 40; })),
            "plugin_wrong_machine");
  EXPECT_EQ(judged(compiled("int main(void) { return 0; }", "", "-no-pie")),
            "plugin_wrong_machine");
  EXPECT_EQ(judged(compiled("int f(void) { return 0; }", "", "-c")), "plugin_wrong_machine");
}

TEST_F(Judged, RefusesALibraryThatIsCutAnywhere) {
  std::uint64_t end = 0;
  const auto made = Library::read(plain(), here());
  ASSERT_TRUE(made);
  for (const Segment& segment : made->segments())
    end = std::max(end, segment.offset + segment.size_file);
  for (std::size_t size = 0; size < end; size += 13) {
    const Buffer cut(plain().begin(), plain().begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(judged(cut), "truncated") << size;
  }
}

TEST_F(Judged, RefusesWhatRunsWhenItIsLoadedOrUnloaded) {
  EXPECT_EQ(with("__attribute__((constructor)) static void begin(void) { room[1] = 1; }"),
            "plugin_constructor");
  EXPECT_EQ(with("__attribute__((destructor)) static void end(void) { room[1] = 1; }"),
            "plugin_constructor");
  EXPECT_EQ(with("void begin(void) { room[1] = 1; }", "-Wl,-init=begin"), "plugin_constructor");
  EXPECT_EQ(with("void end(void) { room[1] = 1; }", "-Wl,-fini=end"), "plugin_constructor");
  EXPECT_EQ(with("", "-Wl,-z,initfirst"), "plugin_constructor");
  EXPECT_EQ(judged(compiled(std::string(kPlain), "", "-O2 -fPIC -shared")), "plugin_constructor")
      << "the compiler's own start files";
  for (const std::uint64_t tag : {32U, 33U}) {
    EXPECT_EQ(judged(with_tag(plain(), 30, [=](auto& one) { one.tag = tag; })),
              "plugin_constructor");
  }
}

TEST_F(Judged, RefusesFunctionsThatAreChosenWhenItIsLoaded) {
  EXPECT_EQ(with("static int one(void) { return 1; }\n"
                 "static int (*choose(void))(void) { return one; }\n"
                 "SHOWN int chosen(void) __attribute__((ifunc(\"choose\")));"),
            "plugin_ifunc");
  EXPECT_EQ(with("static int one(void) { return 1; }\n"
                 "static int (*choose(void))(void) { return one; }\n"
                 "static int chosen(void) __attribute__((ifunc(\"choose\")));\n"
                 "SHOWN int asked(void) { return chosen(); }"),
            "plugin_ifunc")
      << "by a relocation alone";
}

TEST_F(Judged, RefusesWhatStaysInAThreadOrForEver) {
  EXPECT_EQ(with("SHOWN _Thread_local int of_thread;"), "plugin_tls");
  EXPECT_EQ(with("SHOWN extern _Thread_local int elsewhere;\n"
                 "SHOWN int ask(void) { return elsewhere; }"),
            "plugin_tls");
  EXPECT_EQ(with("SHOWN int once = 1;\n__asm__(\".type once, @gnu_unique_object\");"),
            "plugin_unique_symbol");
  EXPECT_EQ(with("", "-Wl,-z,nodelete"), "plugin_never_unloads");
}

TEST_F(Judged, RefusesMemoryThatIsWrittenAndExecuted) {
  EXPECT_EQ(with("", "-Wl,-z,execstack"), "plugin_executable_stack");
  EXPECT_EQ(judged(with_segment(
                plain(), [](const auto& one) { return one.type == 0x6474e551; },
                [](auto& one) { one.type = 4; })),
            "plugin_executable_stack")
      << "where nothing is said, the loader makes it executable";
  EXPECT_EQ(judged(with_segment(
                plain(), [](const auto& one) { return one.type == 1 && one.flags == 5; },
                [](auto& one) { one.flags = 7; })),
            "plugin_writable_code");
  EXPECT_EQ(with("__asm__(\".text\\n.quad text\\n\");", "-Wl,-z,notext"),
            "plugin_text_relocations");
}

TEST_F(Judged, RefusesOtherProgramsLibrariesAndPlaces) {
  EXPECT_EQ(with("const char start[] __attribute__((section(\".interp\"))) = \"/bin/sh\";"),
            "plugin_interpreter");
  EXPECT_EQ(with("", "-Wl,-rpath,/tmp,--enable-new-dtags"), "plugin_search_path");
  EXPECT_EQ(with("", "-Wl,-rpath,/tmp,--disable-new-dtags"), "plugin_search_path");
  EXPECT_EQ(with("", "-Wl,-z,origin"), "plugin_search_path");
  EXPECT_EQ(with("", "-Wl,-soname,libother.so"), "plugin_malformed")
      << "a name by which it may be taken for another";
  EXPECT_EQ(with("", "-Wl,--auxiliary=libm.so.6"), "plugin_needs_library");
  EXPECT_EQ(with("", "-Wl,--filter=libm.so.6"), "plugin_needs_library");
  EXPECT_EQ(with("", "-Wl,--audit=libm.so.6"), "plugin_needs_library");
}

TEST_F(Judged, RefusesSegmentsThatLieOverEachOther) {
  const auto made = Library::read(plain(), here());
  ASSERT_TRUE(made);
  ASSERT_GE(made->segments().size(), 2U);
  const std::uint64_t next = made->segments()[1].address;
  const auto reaching = [&](std::uint64_t size) {
    return judged(with_segment(
        plain(), [](const auto& one) { return one.type == 1; },
        [=](auto& one) { one.size_file = one.size_memory = size; }));
  };
  EXPECT_EQ(reaching(next), "read") << "up to the next page";
  EXPECT_EQ(reaching(next + 1), "plugin_malformed") << "a byte of it";
}

TEST_F(Judged, RefusesRelocationsThatReachWhatWasJudged) {
  std::uint64_t table = 0;
  with_tag(plain(), 7, [&](auto& one) { table = one.value; });
  const raw::ProgramHeader dynamic = dynamic_of(plain());
  const auto moved_to = [&](std::uint64_t address) {
    return judged(changed<raw::Relocation>(
        plain(), table, 1, [](const auto&) { return true; },
        [=](auto& one) { one.offset = address; }));
  };
  EXPECT_EQ(moved_to(dynamic.address + 8), "plugin_malformed") << "its own tables";
  EXPECT_EQ(moved_to(dynamic.address - 4), "plugin_malformed");
  EXPECT_EQ(moved_to(64), "plugin_text_relocations") << "constants";
  EXPECT_EQ(moved_to(std::uint64_t{1} << 40), "plugin_malformed") << "the process's memory";
  EXPECT_EQ(moved_to(~std::uint64_t{3}), "plugin_malformed");
  EXPECT_EQ(judged(with_tag(plain(), 6, [&](auto& one) { one.value = dynamic.address; })),
            "plugin_malformed")
      << "symbols where they can be written";
}

TEST_F(Judged, RefusesCountsThatReachBeyondTheirTable) {
  std::uint64_t size = 0, address = 0;
  with_tag(plain(), 8, [&](auto& one) { size = one.value; });
  with_tag(plain(), 7, [&](auto& one) { address = one.value; });
  const auto counted = [](const Buffer& file, std::uint64_t count) {
    return judged(with_tag(file, 30, [=](auto& one) { one = {0x6ffffff9, count}; }));
  };
  const auto of_kind = [=](std::uint64_t kind) {
    Buffer file = plain();
    for (std::uint64_t at = 0; at < size; at += sizeof(raw::Relocation))
      file = changed<raw::Relocation>(
          std::move(file), address + at, 1, [](const auto&) { return true; },
          [=](auto& one) { one.info = kind; });
    return file;
  };
  const Buffer relative = of_kind(here() == Machine::x86_64 ? 8 : 1027);
  EXPECT_EQ(counted(relative, 1), "read");
  EXPECT_EQ(counted(relative, size / 24 + 1), "plugin_malformed");
  EXPECT_EQ(counted(relative, std::uint64_t{1} << 40), "plugin_malformed");
  const Buffer other = of_kind(here() == Machine::x86_64 ? 6 : 1025);
  EXPECT_EQ(counted(other, 0), "read");
  EXPECT_EQ(counted(other, 1), "plugin_malformed") << "of another kind than is counted";
}

TEST_F(Judged, RefusesTablesThatAreNotWhole) {
  // DT_SYMBOLIC in the place of what is then missing.
  for (const std::uint64_t tag : {7U, 8U, 9U, 2U, 20U, 23U, 0x6ffffffeU, 0x6fffffffU, 0x6ffffff0U})
    EXPECT_EQ(judged(with_tag(plain(), tag, [](auto& one) { one.tag = 16; })), "plugin_malformed")
        << tag;
  for (const std::uint64_t tag : {9U, 20U})
    EXPECT_EQ(judged(with_tag(plain(), tag, [](auto& one) { one.value = 8; })), "plugin_malformed")
        << tag;
}

TEST_F(Judged, RefusesVersionsThatLieElsewhere) {
  EXPECT_EQ(judged(with_tag(plain(), 0x6ffffffe, [](auto& one) { one.value = 0x7fff'ffff'0000; })),
            "plugin_malformed");
  std::uint64_t versions = 0, needed = 0;
  with_tag(plain(), 0x6ffffff0, [&](auto& one) { versions = one.value; });
  with_tag(plain(), 0x6ffffffe, [&](auto& one) { needed = one.value; });
  const auto put = [](std::uint64_t at, std::uint32_t value, std::size_t size) {
    Buffer file = plain();
    std::memcpy(file.data() + at, &value, size);
    return judged(file);
  };
  EXPECT_EQ(put(versions + 2, 0x7fff, 2), "plugin_malformed") << "an index of no version";
  EXPECT_EQ(put(needed + 4, 1 << 20, 4), "plugin_malformed") << "a name";
  EXPECT_EQ(put(needed + 8, 1 << 20, 4), "plugin_malformed") << "the versions";
  EXPECT_EQ(put(needed + 12, 1 << 20, 4), "plugin_malformed") << "the next library";
  EXPECT_EQ(put(needed + 16 + 8, 1 << 20, 4), "plugin_malformed") << "the name of a version";
  EXPECT_EQ(put(needed + 16 + 12, 1 << 20, 4), "plugin_malformed") << "the next version";
  EXPECT_EQ(with("", "-Wl,--default-symver"), "plugin_malformed") << "versions of its own";
}

TEST_F(Judged, RefusesHeadersThatLieElsewhereThanTheyAreMapped) {
  const auto header = raw::record<raw::Header>(plain(), 0);
  const std::uint64_t size = header.program_header_count * sizeof(raw::ProgramHeader);
  const auto put = [](const raw::ProgramHeader& made) {
    return judged(with_segment(
        plain(), [](const auto& one) { return one.type == 0x6474e550; },
        [&](auto& one) { one = made; }));
  };
  const std::uint64_t at = header.program_headers;
  EXPECT_EQ(put({6, 4, at, at, at, size, size, 8}), "read");
  EXPECT_EQ(put({6, 4, at, 0, 0, size, size, 8}), "plugin_malformed") << "other bytes";
  EXPECT_EQ(put({6, 4, 0, 0, 0, size, size, 8}), "plugin_malformed") << "another table";
  EXPECT_EQ(put({6, 4, at, at, at, size - 56, size - 56, 8}), "plugin_malformed");
  EXPECT_EQ(put({4, 4, at, at, at, 32, 32, 8}), "read");
  EXPECT_EQ(put({4, 4, at, at + 8, at + 8, 32, 32, 8}), "plugin_malformed") << "a note";
}

TEST_F(Judged, RefusesWhatTheLoaderMayReadOtherwise) {
  EXPECT_EQ(judged(with_tag(plain(), 30, [](auto& one) { one.tag = 3; })), "plugin_malformed")
      << "two tables of calls";
  EXPECT_EQ(judged(with_tag(plain(), 30, [](auto& one) { one.tag = 0x6ffffef9; })),
            "plugin_malformed")
      << "a tag that is not known here";
  EXPECT_EQ(with("", "-Wl,--hash-style=sysv"), "plugin_malformed");
  EXPECT_EQ(with("", "-Wl,--hash-style=both"), "read");
}

TEST_F(Judged, EndsOnWhateverByteIsChanged) {
  for (std::size_t at = 0; at < plain().size(); at += 3) {
    for (const unsigned put : {0x00U, 0x01U, 0x7fU, 0xffU}) {
      Buffer other = plain();
      other[at] = static_cast<std::uint8_t>(put);
      const auto made = Library::read(other, here());
      if (made) (void)made->find("answer");
    }
  }
}

}  // namespace
}  // namespace airlock::elf
