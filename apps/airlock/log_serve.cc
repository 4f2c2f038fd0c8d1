// log serve: a log for everybody. The sockets are airlock-server's, which becomes this process.
#include <unistd.h>

#include <array>
#include <filesystem>

#include "apps/airlock/commands.h"
#include "apps/airlock/logs.h"

namespace airlock::app {
namespace {

struct ServeOptions {
  std::string log, listen = "127.0.0.1:8445", certificate, key;
};

// Beside this program, as both are installed; otherwise wherever PATH finds it.
std::string server_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / "airlock-server";
  return !error && std::filesystem::exists(beside, error) ? beside.string() : "airlock-server";
}

Answer serve(const ServeOptions& options) {
  std::string program = server_program();
  std::array<std::string, 10> words = {
      program,     "log",          "--log",      options.log,
      "--listen",  options.listen, "--tls-cert", options.certificate,
      "--tls-key", options.key};
  std::array<char*, words.size() + 1> arguments{};
  for (std::size_t at = 0; at < words.size(); ++at) arguments[at] = words[at].data();
  ::execvp(program.c_str(), arguments.data());
  return refuse(file::code_of(errno), program);
}

}  // namespace

void add_log_serve_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<ServeOptions>(family, outcome, "serve",
                                        "Serve a log over HTTPS until SIGTERM: its tiles and "
                                        "checkpoints below /log/, and nothing else. "
                                        "A log in REPO/log is served by airlock-server already.",
                                        &serve);
  made.command.add_option("--log", made.options.log, "folder of the log")->required();
  made.command.add_option("--listen", made.options.listen, "HOST:PORT; port 0: any")
      ->capture_default_str();
  made.command.add_option("--tls-cert", made.options.certificate, "certificate chain, PEM")
      ->required();
  made.command.add_option("--tls-key", made.options.key, "its private key, PEM")->required();
  made.command.footer(
      "Example:\n  airlock log serve --log log --listen 0.0.0.0:8445 --tls-cert log.pem --tls-key "
      "log.key");
}

}  // namespace airlock::app
