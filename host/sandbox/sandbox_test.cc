#include "host/sandbox/sandbox.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace airlock::sandbox {
namespace {

// What a body answers in a process of its own, or minus the signal that ended it.
template <class Body>
int in_a_process(Body body) {
  const pid_t id = fork();
  if (id == 0) _exit(body());
  int status = 0;
  waitpid(id, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Layers, AreNamedAndCovered) {
  EXPECT_EQ(text_of(Layers()), "none");
  EXPECT_EQ(text_of(Layers().with(Layer::files).with(Layer::limits)), "limits, files");
  EXPECT_TRUE(Layers::all().covers(Layers::all()));
  EXPECT_TRUE(Layers::all().covers(Layers()));
  EXPECT_FALSE(Layers::all().without(Layer::calls).covers(Layers().with(Layer::calls)));
  EXPECT_EQ(Layers(~0U), Layers::all()) << "no bit that is no layer";
}

TEST(Confinement, OpensNoPathWhereFilesAreClosed) {
  const int version =
      in_a_process([] { return give_up_privileges() ? static_cast<int>(close_files()) : 0; });
  if (version == 0) GTEST_SKIP() << "no Landlock here: files stay open, and are reported so";
  EXPECT_EQ(in_a_process([] {
              if (!give_up_privileges() || close_files() == 0) return 99;
              return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
            }),
            EACCES);
  if (version < 4) GTEST_SKIP() << "Landlock " << version << " knows no network";
  EXPECT_EQ(in_a_process([] {
              if (!give_up_privileges() || close_files() == 0) return 99;
              sockaddr_in to{};
              to.sin_family = AF_INET;
              to.sin_port = htons(80);
              to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
              const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
              return connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) < 0 ? errno
                                                                                           : 0;
            }),
            EACCES);
}

TEST(Confinement, EndsAProcessThatCallsWhatIsNotOnTheList) {
  if (dlsym(RTLD_DEFAULT, "__asan_init") != nullptr ||
      dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr)
    GTEST_SKIP() << "a sanitizer makes calls of its own";
  const auto calling = [](auto call) {
    return in_a_process([=] {
      if (!give_up_privileges() || !allow_calls(0)) return 99;
      call();
      return 7;
    });
  };
  if (calling([] {}) == 99) GTEST_SKIP() << "no seccomp here, which is reported so";
  EXPECT_EQ(calling([] {}), 7);
  EXPECT_EQ(calling([] { getppid(); }), -SIGSYS);
  EXPECT_EQ(calling([] { fork(); }), -SIGSYS);
  EXPECT_EQ(calling([] { (void)!write(1, "", 0); }), -SIGSYS) << "a descriptor that is not its own";
}

// Whoever is loaded has its libraries mapped by then, and nothing else begun.
TEST(Confinement, LetsTheLoaderLookAtFilesAndBeginNothing) {
  if (dlsym(RTLD_DEFAULT, "__asan_init") != nullptr ||
      dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr)
    GTEST_SKIP() << "a sanitizer makes calls of its own";
  const auto loading = [](auto call) {
    return in_a_process([=] {
      if (!give_up_privileges() || !allow_loading(1)) return 99;
      call();
      return 7;
    });
  };
  if (loading([] {}) == 99) GTEST_SKIP() << "no seccomp here, which is reported so";
  EXPECT_EQ(loading([] { close(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)); }), 7);
  EXPECT_EQ(loading([] { dlopen("libm.so.6", RTLD_NOW); }), 7);
  EXPECT_EQ(loading([] { allow_calls(1); }), 7) << "the last word may follow";
  EXPECT_EQ(loading([] {
              allow_calls(1);
              close(open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
            }),
            -SIGSYS);
  EXPECT_EQ(loading([] { close(open("/tmp/none", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }),
            -SIGSYS);
  EXPECT_EQ(loading([] { (void)socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }), -SIGSYS);
  EXPECT_EQ(loading([] { fork(); }), -SIGSYS);
  EXPECT_EQ(loading([] { execl("/bin/true", "true", nullptr); }), -SIGSYS);
  EXPECT_EQ(loading([] { ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), -SIGSYS);
  EXPECT_EQ(loading([] { kill(getppid(), 0); }), -SIGSYS);
  EXPECT_EQ(loading([] { (void)!write(2, "", 0); }), -SIGSYS) << "a descriptor that is not its own";
}

TEST(Confinement, LimitsMemoryAndDescriptors) {
  EXPECT_EQ(in_a_process([] {
              const std::uint64_t plenty = std::uint64_t{1} << 60;  // more than a sanitizer maps
              if (!set_limits({.memory_bytes = plenty})) return 99;
              int made = 0;
              while (dup(2) >= 0 && made < 100) ++made;
              return made < static_cast<int>(kDescriptorsMax) && errno == EMFILE ? 0 : 1;
            }),
            0);
}

TEST(Process, IsNotMadeOfAProgramThatIsMissing) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const auto made = Process::start({"/no/such/program", null, null, Namespaces::shared});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::not_found);
  close(null);
}

TEST(Process, IsBelievedNoLayerThatTheKernelDoesNotSee) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const auto made = Process::start({"/bin/cat", ends[1], ends[1], Namespaces::shared});
  ASSERT_TRUE(made);
  EXPECT_EQ(text_of(made->seen_of(Layers::all())), "limits, namespaces, files");
  for (const int end : ends) close(end);
}

TEST(Process, EndsWhereItsOwnerEnds) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  {
    const auto made = Process::start({"/bin/cat", ends[1], ends[1], Namespaces::shared});
    ASSERT_TRUE(made) << name(made.error().code);
    EXPECT_EQ(kill(made->id(), 0), 0);
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace airlock::sandbox
