#include "host/commandline/commandline.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace airlock::commandline {
namespace {

// A program with a command of each sort, and what it was told.
struct Program {
  CLI::App app{"A program.", "program"};
  std::uint32_t number = 7;
  std::string folder = "untouched";
  std::vector<std::string> words;
  bool ran = false;

  Program() {
    app.require_subcommand(1);
    CLI::App* const command = app.add_subcommand("make");
    command->add_option("--number", number);
    command->add_option("--word", words);
    command->add_option("folder", folder);
    command->callback([this] { ran = true; });
    CLI::App* const family = app.add_subcommand("family");
    family->require_subcommand(1);
    family->add_subcommand("member")->callback([this] { ran = true; });
  }

  std::optional<int> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    testing::internal::CaptureStderr();
    const auto status =
        commandline::parse(app, static_cast<int>(arguments.size()), arguments.data());
    said = testing::internal::GetCapturedStderr();
    return status;
  }
  std::string said;
};

TEST(Commandline, RunsWhatALineNames) {
  Program program;
  EXPECT_EQ(program.parse({"make", "--number", "5", "here"}), std::nullopt);
  EXPECT_TRUE(program.ran);
  EXPECT_EQ(program.number, 5u);
}

TEST(Commandline, TakesNoOptionFromAnEmptyText) {
  for (const std::vector<const char*>& line :
       {std::vector<const char*>{"make", "--number", ""}, {"make", "--word", "a", "--word", ""}}) {
    Program program;
    EXPECT_EQ(program.parse(line), kStatusUsage);
    EXPECT_FALSE(program.ran);
    EXPECT_EQ(program.said, "error: usage: " + std::string(line[1]) + ": the value is empty\n");
  }
  Program program;
  EXPECT_EQ(program.parse({"make", ""}), kStatusUsage);
  EXPECT_EQ(program.said, "error: usage: folder: the value is empty\n");
}

TEST(Commandline, NamesTheWordThatIsNoCommand) {
  Program program;
  EXPECT_EQ(program.parse({"mkae", "--number", "5"}), kStatusUsage);
  EXPECT_EQ(program.said, "error: usage: mkae is no command of program; see program --help\n");
  Program before;
  EXPECT_EQ(before.parse({"mkae", "family"}), kStatusUsage);
  EXPECT_EQ(before.said, "error: usage: mkae is no command of program; see program --help\n");
  Program inner;
  EXPECT_EQ(inner.parse({"family", "mebmer", "x"}), kStatusUsage);
  EXPECT_EQ(inner.said,
            "error: usage: mebmer is no command of program family; see program family --help\n");
}

TEST(Commandline, LeavesANegativeNumberToTheOptionBeforeIt) {
  Program program;
  EXPECT_EQ(program.parse({"make", "--number", "-1"}), kStatusUsage);
  EXPECT_NE(program.said.find("--number"), std::string::npos) << program.said;
}

TEST(Commandline, AnswersHelpWithoutRefusing) {
  Program program;
  testing::internal::CaptureStdout();
  EXPECT_EQ(program.parse({"--help"}), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("Usage: program"), std::string::npos);
}

}  // namespace
}  // namespace airlock::commandline
