// log serve: a log for everybody. The sockets are airlock-server's, which becomes this process.
#include <filesystem>

#include "apps/airlock/commands.h"
#include "apps/airlock/hand_over.h"
#include "apps/airlock/logs.h"
#include "host/file/beside.h"

namespace airlock::app {
namespace {

struct ServeOptions {
  std::string log, listen = "127.0.0.1:8445", certificate, key;
};

// Beside this program, as both are installed; otherwise wherever PATH finds it.
file::Path server_program() {
  const file::Path beside = file::beside_this_program("airlock-server");
  std::error_code error;
  return std::filesystem::exists(beside, error) ? beside : file::Path("airlock-server");
}

Answer serve(const ServeOptions& options) {
  return hand_over(server_program(), {"log", "--log", options.log, "--listen", options.listen,
                                      "--tls-cert", options.certificate, "--tls-key", options.key});
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
