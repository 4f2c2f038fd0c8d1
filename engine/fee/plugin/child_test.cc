#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/fee/plugin/plugins_test.h"

namespace airlock::fee::plugin {
namespace {

using std::chrono::milliseconds;

// The processes of a test, and what they leave behind, become children of this one.
class InAChild : public Confined {
 protected:
  void SetUp() override {
    Confined::SetUp();
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  }
  static Result<std::shared_ptr<const Serving>> start(const std::string& source,
                                                      const Confinement& how = confined()) {
    return Serving::start(judged(plugin_of(source)), how);
  }
  static std::string asked(const std::string& source, const Confinement& how = confined()) {
    const auto serving = start(source, how);
    return serving ? told((*serving)->quote(asked_for("1")))
                   : "not started: " + std::string(name(serving.error().code));
  }
};

// The states of the processes that this one started, as the kernel tells them: T stands still.
std::string states_of_children() {
  std::string states;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream listed(task.path() / "children");
    for (int id = 0; listed >> id;) {
      std::ifstream stat("/proc/" + std::to_string(id) + "/stat");
      std::string number, program, state;
      stat >> number >> program >> state;
      states += state;
    }
  }
  return states;
}

TEST_F(InAChild, APluginAnswersWhatItIsAsked) {
  EXPECT_EQ(asked(charging()), "1000");
  const auto serving = start(source_of(
      "if (strcmp(situation->chain, \"eip155:1\") != 0 || strcmp(situation->tier, \"gold\") != 0)\n"
      "  return AIRLOCK_FEE_OVERFLOW;\n"
      "if (situation->has != 15 || situation->congestion != 250 || situation->time != 7 ||\n"
      "    situation->units != 21000 || situation->base_fee[31] != 9 ||\n"
      "    situation->priority_fee_count != 2 || situation->priority_fees[1] != 6)\n"
      "  return AIRLOCK_FEE_CHAIN_DATA_MISSING;\n"
      "strcpy(answer->rule, \"two\");\n"
      "memcpy(answer->fee, situation->amount, 32);\n"
      "strcpy(answer->shares[0].recipient, \"partner\");\n"
      "strcpy(answer->shares[1].recipient, \"treasury\");\n"
      "memcpy(answer->shares[1].amount, situation->amount, 32);\n"
      "answer->share_count = 2;\n"
      "return AIRLOCK_FEE_NAMED;"));
  ASSERT_TRUE(serving);
  Asked given = asked_for(kLargest);
  given.tier = "gold";
  given.congestion = 250;
  given.time = 7;
  const std::uint64_t fees[] = {5, 6};
  given.chain_data = {.base_fee = 9, .priority_fees = fees, .units = 21'000};
  const auto fee = (*serving)->quote(given);
  ASSERT_TRUE(fee) << name(fee.error().code);
  EXPECT_EQ(text_of(fee->total), kLargest);
  EXPECT_EQ(fee->rule, "two");
  ASSERT_EQ(fee->payments.size(), 2U);
  EXPECT_EQ(fee->payments[1].recipient, "treasury");
  EXPECT_EQ(told((*serving)->quote(asked_for("1"))), "fee_overflow");
}

TEST_F(InAChild, APluginIsReportedWithTheLayersThatHold) {
  const auto serving = start(charging());
  ASSERT_TRUE(serving);
  EXPECT_EQ(sandbox::text_of((*serving)->report()->layers),
            "privileges, limits, namespaces, files, calls");
  EXPECT_GE((*serving)->report()->landlock, 1U);
}

TEST_F(InAChild, APluginDoesNotRunWhereALayerIsMissing) {
  for (const sandbox::Layer layer : sandbox::kLayers) {
    Confinement how = confined();
    how.applied = how.applied.without(layer);
    const auto refused = start(charging(), how);
    ASSERT_FALSE(refused) << sandbox::name_of(layer);
    EXPECT_EQ(refused.error().code, Code::plugin_not_confined);
    EXPECT_TRUE(sandbox::Layers(static_cast<std::uint32_t>(refused.error().at)).has(layer));
    how.required = how.required.without(layer);
    // The kernel lets nobody forbid himself files or calls who could still gain privileges.
    if (layer == sandbox::Layer::privileges)
      how.required = how.required.without(sandbox::Layer::files).without(sandbox::Layer::calls);
    EXPECT_EQ(asked(charging(), how), "1000") << "the wallet allows it";
  }
}

TEST_F(InAChild, APluginDoesNotRunWithoutTheRunner) {
  Confinement how = confined();
  how.runner = "/no/such/program";
  EXPECT_EQ(asked(charging(), how), "not started: plugin_runner_missing");
}

TEST_F(InAChild, APluginThatAnswersNonsenseIsNotBelieved) {
  const auto answered = [](std::string_view body) { return asked(source_of(body)); };
  EXPECT_EQ(answered("return 4;"), "plugin_misanswers");
  EXPECT_EQ(answered("return -1;"), "plugin_misanswers");
  EXPECT_EQ(answered("return AIRLOCK_FEE_NAMED;"), "plugin_misanswers") << "nobody is paid";
  EXPECT_EQ(answered("charge(answer, 5); answer->fee[31] = 6; return AIRLOCK_FEE_NAMED;"),
            "plugin_misanswers")
      << "more than is paid";
  EXPECT_EQ(answered("charge(answer, 5); answer->share_count = 17; return AIRLOCK_FEE_NAMED;"),
            "plugin_misanswers");
  EXPECT_EQ(answered("charge(answer, 5); memset(answer->rule, 'x', 64); return AIRLOCK_FEE_NAMED;"),
            "plugin_misanswers");
  EXPECT_EQ(answered("charge(answer, 5); answer->shares[0].recipient[0] = '\\n';"
                     "return AIRLOCK_FEE_NAMED;"),
            "plugin_misanswers");
  EXPECT_EQ(answered("charge(answer, 0); answer->shares[1] = answer->shares[0];\n"
                     "answer->share_count = 2;\n"
                     "memset(answer->shares[0].amount, 255, 32);\n"
                     "answer->shares[1].amount[31] = 1;\n"
                     "return AIRLOCK_FEE_NAMED;"),
            "plugin_misanswers")
      << "shares that are nothing together, modulo 2^256";
  EXPECT_EQ(asked(source_of("static char message[8]; write(3, message, 8);\n"
                            "return charge(answer, 5);",
                            "#include <unistd.h>")),
            "plugin_misanswers")
      << "a message of its own";
}

TEST_F(InAChild, APluginThatPaysSomebodyTwiceIsNotBelieved) {
  EXPECT_EQ(asked(source_of("charge(answer, 5); answer->shares[1] = answer->shares[0];\n"
                            "answer->share_count = 2; answer->fee[31] = 10;\n"
                            "return AIRLOCK_FEE_NAMED;")),
            "plugin_misanswers");
}

TEST_F(InAChild, APluginCannotAnswerBeforeItIsAsked) {
  const auto serving = start(source_of(
      "static struct { unsigned long number; int outcome; unsigned retires;\n"
      "                struct airlock_fee_answer answer; } reply;\n"
      "static int answered; if (answered++) for (;;) {}\n"
      "charge(&reply.answer, 9);\n"
      "for (reply.number = 0; reply.number < 4; ++reply.number) write(3, &reply, sizeof(reply));\n"
      "return charge(answer, 5);",
      "#include <unistd.h>"));
  ASSERT_TRUE(serving);
  for (int i = 0; i < 4; ++i) {
    const std::string said = told((*serving)->quote(asked_for("1")));
    EXPECT_TRUE(said == "plugin_misanswers" || said == "plugin_resting") << said;
  }
}

TEST_F(InAChild, APluginThatHasAnsweredStandsStill) {
  const auto serving = start(charging());
  ASSERT_TRUE(serving);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(told((*serving)->quote(asked_for("1"))), "1000");
    for (int waits = 0; states_of_children() != "T" && waits < 200; ++waits)
      std::this_thread::sleep_for(milliseconds(10));
    EXPECT_EQ(states_of_children(), "T");
  }
}

// What a plugin tries, and what comes of it: none of it works, most of it ends the process.
TEST_F(InAChild, APluginReachesNothing) {
  const auto tried = [](std::string_view body) {
    return asked(source_of(std::string(body) + "\nreturn charge(answer, 5);",
                           "#define _GNU_SOURCE\n#include <unistd.h>\n#include <fcntl.h>\n"
                           "#include <signal.h>\n#include <stdlib.h>\n#include <sys/socket.h>\n"
                           "#include <sys/mman.h>\n#include <sys/ptrace.h>\n#include <stdio.h>\n"
                           "#include <sys/syscall.h>\n#include <sys/prctl.h>\n"));
  };
  EXPECT_EQ(tried(""), "5");
  for (const std::string_view body :
       {"open(\"/etc/passwd\", O_RDONLY);",
        "open(\"/tmp/x\", O_CREAT | O_WRONLY, 0600);",
        "fopen(\"/proc/self/environ\", \"r\");",
        "syscall(SYS_openat2, -1, \"/\", 0, 0);",
        "socket(AF_INET, SOCK_STREAM, 0);",
        "socket(AF_UNIX, SOCK_STREAM, 0);",
        "kill(getppid(), SIGKILL);",
        "kill(-1, SIGKILL);",
        "system(\"id\");",
        "fork();",
        "vfork();",
        "execl(\"/bin/sh\", \"sh\", (char*)0);",
        "ptrace(PTRACE_TRACEME, 0, 0, 0);",
        "syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0);",
        "syscall(SYS_io_uring_setup, 1, 0);",
        "syscall(SYS_clone3, 0, 0);",
        "syscall(SYS_bpf, 0, 0, 0);",
        "syscall(SYS_keyctl, 0, 0, 0, 0, 0);",
        "syscall(SYS_unshare, 0x10000000);",
        "syscall(SYS_setns, 3, 0);",
        "syscall(SYS_memfd_create, \"x\", 0);",
        "syscall(SYS_userfaultfd, 0);",
        "syscall(SYS_perf_event_open, 0, 0, 0, 0, 0);",
        "setuid(0);",
        "chroot(\"/\");",
        "syscall(SYS_mount, 0, 0, 0, 0, 0);",
        "prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);",
        "syscall(SYS_seccomp, 0, 0, 0);",
        "dup2(3, 0);",
        "fcntl(3, F_GETFL);",
        "write(1, \"x\", 1);",
        "read(0, answer, 1);",
        "read(4, answer, 1);",
        "pause();",
        "usleep(1);",
        "syscall(SYS_prlimit64, 0, 7, 0, 0);",
        "raise(SIGSTOP);",
        "mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
        "mprotect((void*)((size_t)answer & ~4095UL), 4096, PROT_READ | PROT_EXEC);",
        "abort();",
        "exit(0);",
        "_exit(0);",
        "*(volatile char*)0 = 1;",
        "__builtin_trap();"}) {
    EXPECT_EQ(tried(body), "plugin_crashed") << body;
  }
  EXPECT_EQ(tried("return charge(answer, malloc(1UL << 30) == 0 ? 1 : 2);"), "1") << "memory";
  EXPECT_EQ(tried("return charge(answer, malloc(1 << 20) != 0 ? 1 : 2);"), "1");
  EXPECT_TRUE(no_process_is_left());
}

TEST_F(InAChild, APluginReachesNoFileWithoutTheFilterEither) {
  // What a wallet may have open without a care.
  const int inherited = fcntl(STDERR_FILENO, F_DUPFD, 100);
  Confinement how = confined();
  how.required = how.applied = how.applied.without(sandbox::Layer::calls);
  const auto tried = [&](std::string_view body) {
    return asked(source_of(body,
                           "#include <unistd.h>\n#include <fcntl.h>\n#include <signal.h>\n"
                           "#include <sys/socket.h>\n#include <netinet/in.h>\n"),
                 how);
  };
  EXPECT_EQ(tried("return charge(answer, open(\"/etc/passwd\", O_RDONLY) < 0 ? 1 : 2);"), "1");
  EXPECT_EQ(tried("return charge(answer, open(\"/tmp\", O_RDONLY) < 0 ? 1 : 2);"), "1");
  EXPECT_EQ(tried("return charge(answer, getppid() == 0 ? 1 : 2);"), "1") << "it sees no other";
  EXPECT_EQ(tried("unsigned found = 0;\n"
                  "for (int i = 0; i < 1024; ++i) found += fcntl(i, F_GETFD) >= 0;\n"
                  "return charge(answer, found);"),
            "1")
      << "its channel alone";
  EXPECT_EQ(tried("struct sockaddr_in to = {AF_INET, 0x5000, {0x0100007f}, {0}};\n"
                  "const int made = socket(AF_INET, SOCK_STREAM, 0);\n"
                  "return charge(answer, connect(made, (void*)&to, sizeof(to)) < 0 ? 1 : 2);"),
            "1");
  close(inherited);
}

// The four ways to hang: the fallback is due at the budget, or before, where the process is ended.
constexpr std::string_view kHangs[] = {
    "for (volatile int i = 0;; ++i) {}",
    "static int word = 0;\n"
    "for (;;) syscall(SYS_futex, &word, 0, 0, (void*)0, (void*)0, 0);",
    "for (;;) read(3, answer, sizeof(*answer));", "for (;;) fork();"};

std::string hanging(std::string_view body) {
  return source_of(std::string(body) + "\nreturn charge(answer, 5);",
                   "#define _GNU_SOURCE\n#include <unistd.h>\n#include <sys/syscall.h>\n");
}

TEST_F(InAChild, APluginThatHangsIsEndedAtTheBudget) {
  for (const std::string_view body : kHangs) {
    const std::string said = asked(hanging(body), confined(milliseconds(60)));
    const bool forks = body.find("fork") != std::string_view::npos;
    EXPECT_EQ(said, forks ? "plugin_crashed" : "plugin_over_budget") << body;
  }
  EXPECT_TRUE(no_process_is_left());
}

TEST_F(InAChild, NoProcessIsLeftAfterAHundredHangs) {
  for (const std::string_view body : kHangs) {
    const auto plugin = judged(plugin_of(hanging(body)));
    for (int i = 0; i < 25; ++i) {
      const auto serving = Serving::start(plugin, confined(milliseconds(2)));
      ASSERT_TRUE(serving);
      EXPECT_FALSE((*serving)->quote(asked_for("1")));
    }
  }
  EXPECT_TRUE(no_process_is_left());
}

TEST_F(InAChild, APluginThatForksLeavesNoProcessWithoutTheFilterEither) {
  Confinement how = confined(milliseconds(60));
  how.required = how.applied =
      how.applied.without(sandbox::Layer::calls).without(sandbox::Layer::limits);
  // They end by themselves too, so that a test which fails leaves nothing for ever.
  EXPECT_EQ(asked(source_of("for (int i = 0; i < 8; ++i) {\n"
                            "  if (fork() != 0) continue;\n"
                            "  for (volatile long n = 0; n < 1000000000; ++n) {}\n"
                            "  _exit(0);\n"
                            "}\n"
                            "for (;;) {}",
                            "#include <unistd.h>\n"),
                  how),
            "plugin_over_budget");
  EXPECT_TRUE(no_process_is_left()) << "its namespace ended with it";
}

TEST_F(InAChild, APluginIsStartedAgainAfterACrash) {
  const auto serving =
      start(source_of("if (situation->amount[31] == 13) *(volatile char*)0 = 1;\n"
                      "return charge(answer, 5);"));
  ASSERT_TRUE(serving);
  EXPECT_EQ(told((*serving)->quote(asked_for("1"))), "5");
  EXPECT_EQ(told((*serving)->quote(asked_for("13"))), "plugin_crashed");
  EXPECT_EQ(told((*serving)->quote(asked_for("1"))), "5") << "at once after the first";
  // Pauses double, so that one of them is longer than this takes.
  std::string said;
  for (int i = 0; i < 12 && said != "plugin_resting"; ++i)
    said = told((*serving)->quote(asked_for("13")));
  EXPECT_EQ(said, "plugin_resting");
}

// Waits until every process that a wallet left to this one is gone, and ends those that are not.
bool ends_by_itself() {
  for (int i = 0; i < 200; ++i) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (no_process_is_left()) return true;
    std::this_thread::sleep_for(milliseconds(50));
  }
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  for (int id = 0; children >> id;) kill(id, SIGKILL);
  return false;
}

TEST_F(InAChild, AProcessEndsWithItsWallet) {
  const auto plugin = judged(plugin_of(hanging(kHangs[2])));
  const pid_t wallet = fork();
  if (wallet == 0) {
    const auto serving = Serving::start(plugin, confined());
    if (!serving) _exit(1);
    std::thread asking([&] { (void)(*serving)->quote(asked_for("1")); });
    std::this_thread::sleep_for(milliseconds(50));
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(wallet, &status, 0), wallet);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(ends_by_itself());
}

TEST(Pause, DoublesUpToItsMost) {
  EXPECT_EQ(pause_after(0), milliseconds(0));
  EXPECT_EQ(pause_after(1), milliseconds(0));
  EXPECT_EQ(pause_after(2), milliseconds(100));
  EXPECT_EQ(pause_after(3), milliseconds(200));
  EXPECT_EQ(pause_after(10), milliseconds(25'600));
  EXPECT_EQ(pause_after(11), kPauseMax);
  EXPECT_EQ(pause_after(~0U), kPauseMax);
}

TEST_F(InAChild, AProcessIsReplacedBeforeItsProcessorTimeEnds) {
  Confinement how = confined();
  how.limits.processor_seconds = 2;
  const auto serving = start(
      source_of("for (volatile long i = 0; i < 150000000; ++i) {}\nreturn charge(answer, 5);"),
      how);
  ASSERT_TRUE(serving);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(told((*serving)->quote(asked_for("1"))), "5");
}

TEST_F(InAChild, OneThatHangsHoldsUpAnotherQuoteNoLongerThanItsBudget) {
  Confinement how = confined(milliseconds(100));
  const auto serving = start(source_of("if (situation->amount[31] == 13) for (;;) {}\n"
                                       "return charge(answer, 5);"),
                             how);
  ASSERT_TRUE(serving);
  std::string first;
  std::thread beside([&] { first = told((*serving)->quote(asked_for("13"))); });
  const std::string second = told((*serving)->quote(asked_for("1")));
  beside.join();
  EXPECT_EQ(first, "plugin_over_budget");
  EXPECT_TRUE(second == "5" || second == "plugin_over_budget") << second;
}

}  // namespace
}  // namespace airlock::fee::plugin
