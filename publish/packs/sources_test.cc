#include "publish/packs/sources.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/abi/abi.h"
#include "publish/packs/move_toml.h"
#include "publish/packs/packs.h"

namespace airlock::packs {
namespace {

constexpr std::string_view kMoveToml = R"(# made by hand
[package]
name = "Wallet_kit"
version = "1.0.0"

[addresses]
kit = "0x1"

[dependencies]
Std = { git = "https://example.com/std.git", rev = "main" }
)";

struct Table {
  std::uint8_t kind;
  std::string hex;
};

// 0x1::NAME with `public entry fun f(&signer, u64)`.
file::Buffer module_named(char name) {
  std::string names = "01";
  abi::type::append_hex(names, bytes_of(std::string_view(&name, 1)));
  names.erase(2, 2);
  const std::vector<Table> tables = {{1, "0000"},
                                     {3, "0001010000"},
                                     {5, "0002060c03"},
                                     {7, names + "0166"},
                                     {8, std::string(62, '0') + "01"},
                                     {12, "00010400000102"}};
  file::Buffer made = *abi::type::read_hex("0xa11ceb0b0600000006");
  file::Buffer contents;
  for (const Table& table : tables) {
    const file::Buffer bytes = *abi::type::read_hex("0x" + table.hex);
    made.push_back(table.kind);
    made.push_back(static_cast<std::uint8_t>(contents.size()));
    made.push_back(static_cast<std::uint8_t>(bytes.size()));
    contents.insert(contents.end(), bytes.begin(), bytes.end());
  }
  made.insert(made.end(), contents.begin(), contents.end());
  made.push_back(0);
  return made;
}

class SourcesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const Path& path, Bytes bytes) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    ASSERT_TRUE(file::replace(folder_ / path, bytes));
  }
  void put_package() {
    put("kit/Move.toml", bytes_of(kMoveToml));
    put(kBuilt / "b.mv", module_named('b'));
    put(kBuilt / "a.mv", module_named('a'));
    put(kBuilt / "dependencies/Std/c.mv", module_named('c'));
    put("kit/build/Wallet_kit/bytecode_scripts/main.mv", bytes_of("no module"));
    put("kit/build/Older/bytecode_modules/d.mv", module_named('d'));
  }
  Answer<Sources> read(const Path& path) {
    const Path whole = folder_ / path;
    return read_sources({&whole, 1});
  }

  const Path kBuilt = "kit/build/Wallet_kit/bytecode_modules";
  Path folder_;
};

const std::vector<file::Buffer> kBoth = {module_named('a'), module_named('b')};

TEST_F(SourcesTest, OfABuiltPackageAreItsOwnModulesAndItsName) {
  put_package();
  for (const char* path : {"kit", "kit/", "kit/Move.toml"}) {
    const auto found = read(path);
    ASSERT_TRUE(found) << found.error().about;
    EXPECT_EQ(found->name, "Wallet_kit");
    EXPECT_EQ(found->files, kBoth);
  }
}

TEST_F(SourcesTest, AFileThatOnlyNamesItselfAModuleIsToldAsABadOne) {
  put("junk.mv", bytes_of("{}"));
  const auto found = read("junk.mv");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().error.code, Code::bad_module);
  EXPECT_TRUE(found.error().about.ends_with("junk.mv"));
}

TEST_F(SourcesTest, OfAPlainFolderAreAllModulesButWhatACompilerLeftBesideThem) {
  put_package();
  for (const Path& path : {kBuilt, kBuilt.parent_path()}) {
    const auto found = read(path);
    ASSERT_TRUE(found) << found.error().about;
    EXPECT_EQ(found->name, "");
    EXPECT_EQ(found->files, kBoth);
  }
  EXPECT_EQ(read(kBuilt / "dependencies")->files.size(), 1U) << "asked for by its name";
}

TEST_F(SourcesTest, SayWhatToDoWhereNothingIsBuilt) {
  put("kit/Move.toml", bytes_of(kMoveToml));
  const auto unbuilt = read("kit");
  ASSERT_FALSE(unbuilt);
  EXPECT_EQ(unbuilt.error().error.code, Code::not_found);
  EXPECT_NE(unbuilt.error().about.find((folder_ / kBuilt).string()), std::string::npos);
  EXPECT_NE(unbuilt.error().about.find("move build"), std::string::npos);
  put(kBuilt / "dependencies/Std/c.mv", module_named('c'));
  EXPECT_EQ(read("kit").error().error.code, Code::not_found) << "others' modules alone";
  put("other/readme", {});
  EXPECT_NE(read("other").error().about.find("neither a Move.toml nor a .mv"), std::string::npos);
}

TEST_F(SourcesTest, NameTheFileOfAModuleThatIsTwiceOrBroken) {
  put_package();
  put(kBuilt / "copy.mv", module_named('a'));
  const auto twice = read("kit");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().error.code, Code::duplicate_key);
  for (const char* part : {"a.mv", "copy.mv", "0x1::a"})
    EXPECT_NE(twice.error().about.find(part), std::string::npos) << twice.error().about;
  file::Buffer cut = module_named('e');
  cut.pop_back();
  put(kBuilt / "copy.mv", cut);
  const auto broken = read("kit");
  EXPECT_EQ(broken.error().error.code, Code::bad_module);
  EXPECT_NE(broken.error().about.find("copy.mv"), std::string::npos);
}

TEST_F(SourcesTest, NameTheLineOfAMoveTomlThatIsNone) {
  put_package();
  put("kit/Move.toml", bytes_of("[package]\nname = \n"));
  const auto broken = read("kit");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().error.code, Code::bad_text);
  EXPECT_NE(broken.error().about.find("Move.toml, line 2"), std::string::npos);
}

TEST_F(SourcesTest, MakeAPackOfAPackageUnderItsName) {
  put_package();
  put("pack.json",
      bytes_of(R"({"contracts":[{"chain":"aptos:1","address":"0x1","source":"kit"}]})"));
  const auto made = gather(folder_ / "pack.json");
  ASSERT_TRUE(made) << made.error().about;
  const auto snapshot = abi::Snapshot::hold(made->file, made->entries, "1.0.0");
  ASSERT_TRUE(snapshot);
  const auto loaders = abi::standard_loaders();
  const auto map = (*snapshot)->map("abi/aptos:1/0x" + std::string(63, '0') + "1", loaders);
  ASSERT_TRUE(map) << name(map.error().code);
  EXPECT_EQ((*map)->name(), "Wallet_kit");
  EXPECT_TRUE((*map)->find_named(abi::type::EntryKind::function, "0x1::b::f(&signer, u64)"));
  EXPECT_FALSE((*map)->find_named(abi::type::EntryKind::function, "0x1::c::f(&signer, u64)"));
}

Code code_of(std::string_view toml) {
  const auto name = read_package_name(toml);
  return name ? Code::ok : name.error().code;
}

TEST(MoveToml, SaysWhatAPackageIsCalled) {
  EXPECT_EQ(*read_package_name(kMoveToml), "Wallet_kit");
  for (const char* toml :
       {"[package]\nname = 'kit'", "package.name = \"kit\"",
        "[ package ] # x\r\n\"name\" = 'kit'\r\n", "package = { edition = '2024', name = \"kit\" }",
        "[package]\nname = \"\"\"\nk\\\n   it\"\"\"", "[package]\n'name' = '''kit'''",
        "[\"pack\\u0061ge\"]\nname = \"\\U0000006Bit\"",
        "[package]\nauthors = [ # who\n 'name', [{name = 'no'}, 1979-05-27 "
        "07:32:00Z],\n]\nname='kit'",
        "[[a.b]]\nname = 'no'\n[a]\npackage.name = 'no'\n[package]\nname = "
        "'kit'\n[package.c]\nname = 'no'"}) {
    const auto found = read_package_name(toml);
    EXPECT_EQ(found ? *found : std::string(name(found.error().code)), "kit") << toml;
  }
  constexpr std::string_view kDecoy =
      "[other]\ntext = '''\n[package]\nname = \"decoy\"\n'''\n[package]\nname = \"real\"\n";
  EXPECT_EQ(*read_package_name(kDecoy), "real");
}

TEST(MoveToml, HasToBeTomlWithAName) {
  for (const char* toml :
       {"", "[package]\nversion = \"1\"", "package = \"a\"", "[[package]]\nname = 'a'",
        "[other]\npackage.name = 'a'", "package = ['name']"})
    EXPECT_EQ(code_of(toml), Code::missing_field) << toml;
  EXPECT_EQ(code_of("[package]\nname = 1"), Code::wrong_type);
  EXPECT_EQ(code_of("[package]\nname = ['a']"), Code::wrong_type);
  for (const char* toml : {"[package",
                           "[`a]",
                           "[\x10]",
                           "name: a",
                           "= 1",
                           "a",
                           "a =",
                           "a = b",
                           "{}",
                           "a = {b}",
                           "a = {b = 1,}",
                           "a = [1 2]",
                           "a = [1",
                           "a = 1 b = 2",
                           "a = 'b",
                           "a = 'b\n'",
                           "a = \"\\q\"",
                           "a = \"\\ud800\"",
                           "a = '''b",
                           "[a] b = 1",
                           "\"\"\"a\"\"\" = 1",
                           "# \x01",
                           "a = 1\r",
                           "[package]\nname = \"a\"\nname = \"b\"",
                           "[package]\nname = \"a\xff\""})
    EXPECT_EQ(code_of(toml), Code::bad_text) << toml;
  EXPECT_EQ(read_package_name("\n# x\na = '''\n\n'''\n[").error().at, 6U) << "the line";
}

TEST(MoveToml, NamesNoFolderElsewhere) {
  for (const char* name : {"", "..", "../a", "a/b", "/a", ".a", "a b", "a\\\\b", "a\\u0000"})
    EXPECT_EQ(code_of("[package]\nname = \"" + std::string(name) + "\""), Code::bad_text) << name;
  EXPECT_EQ(code_of("[package]\nname = \"" + std::string(kPackageNameMax + 1, 'a') + "\""),
            Code::bad_text);
}

TEST(MoveToml, NestsOnlySoFar) {
  const auto nested = [](std::size_t levels) {
    return "a = " + std::string(levels, '[') + std::string(levels, ']') + "\npackage.name = 'kit'";
  };
  EXPECT_EQ(code_of(nested(64)), Code::ok);
  EXPECT_EQ(code_of(nested(65)), Code::too_deep);
  std::string keys = "a";
  while (keys.size() + 6 <= kMoveTomlSizeMax) keys += ".a";
  EXPECT_EQ(code_of(keys + " = 1"), Code::too_deep);
  EXPECT_EQ(code_of(std::string(kMoveTomlSizeMax + 1, '\n')), Code::oversized);
}

}  // namespace
}  // namespace airlock::packs
