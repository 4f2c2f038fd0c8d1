// The one translation unit that compiles Asio and Beast, sources and all.
#include "server/http/server.h"

#include <sys/resource.h>

#include <boost/asio.hpp>
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/src.hpp>
#include <charconv>
#include <csignal>
#include <set>
#include <thread>

#include "server/http/head.h"
#include "server/http/request_reader.h"
#include "server/http/tls.h"

namespace airlock::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

// Asio's own names stand for any executor, which costs every operation calls through a pointer.
using Executor = asio::io_context::executor_type;
using Socket = Tcp::socket::rebind_executor<Executor>::other;
using Acceptor = Tcp::acceptor::rebind_executor<Executor>::other;
using Timer = asio::steady_timer::rebind_executor<Executor>::other;
using Signals = asio::signal_set::rebind_executor<Executor>::other;
using Stream = asio::ssl::stream<Socket>;
template <typename T>
using Task = asio::awaitable<T, Executor>;
using Use = asio::use_awaitable_t<Executor>;

constexpr auto kAwait = asio::as_tuple(Use());

// A process may open fewer files than there may be connections; some are needed for other things.
std::size_t room_for_connections() {
  constexpr std::size_t kOtherFiles = 256;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return kConnectionsMax;
  files.rlim_cur = files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &files);
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return kConnectionsMax;
  const std::size_t least = 2 * kOperatorsMin;
  const std::size_t allowed = static_cast<std::size_t>(files.rlim_cur);
  return std::min(kConnectionsMax, std::max(allowed, kOtherFiles + least) - kOtherFiles);
}

// One thread's share of the connections. Everything in it happens on that thread.
struct Lane;

// One connection.
struct Session : std::enable_shared_from_this<Session> {
  Session(Socket socket, asio::ssl::context& context, Lane& its_lane, Door its_door)
      : stream(std::move(socket), context), lane(its_lane), door(its_door) {}
  Stream stream;
  Lane& lane;
  Door door;
  std::string who;
  SteadyClock::time_point deadline = SteadyClock::now() + std::chrono::seconds(kQuietSecondsMax);
  bool idle = false;

  void wait_at_most(std::int64_t seconds);
  void drop() {
    boost::system::error_code ignored;
    stream.next_layer().close(ignored);
  }
};

struct Lane {
  asio::io_context context{1};
  std::set<Session*> sessions;
  SteadyClock::time_point now = SteadyClock::now();  // of the last tick: deadlines are coarse
};

void Session::wait_at_most(std::int64_t seconds) {
  deadline = lane.now + std::chrono::seconds(seconds + 1);
}

struct Server {
  Service& service;
  std::chrono::seconds drain;
  std::atomic<std::size_t> connections = 0;
  std::size_t room = room_for_connections();
  std::atomic<bool> ending = false;
  std::atomic<bool> hurried = false;  // a second signal: nothing is waited for any more
};

// answer_of waits for the service's answer, which may come from the writer's thread.
Task<Response> answer_of(Server& server, Session& session, const Request& request) {
  if (session.door == Door::operators) co_return server.service.handle_admin(request);
  if (!server.service.answers_later(request)) {
    Response response;
    server.service.handle(request, [&response](Response made) { response = std::move(made); });
    co_return response;
  }
  auto token = Use();
  co_return co_await asio::async_initiate<Use, void(Response)>(
      [&server, &session, &request](auto completion) {
        auto shared = std::make_shared<decltype(completion)>(std::move(completion));
        asio::io_context& context = session.lane.context;
        auto work = asio::make_work_guard(context);
        server.service.handle(request, [shared, &context, work](Response made) {
          asio::post(context,
                     [shared, made = std::move(made)]() mutable { (*shared)(std::move(made)); });
        });
      },
      token);
}

// send writes an answer; a file goes out in pieces of one buffer.
Task<bool> send(Session& session, const Request& request, const Response& response, bool keep) {
  std::string out;
  out.reserve(512 + response.body.size());
  write_head(response, keep ? After::keep : After::close, out);
  const bool bare = request.method == Method::head || response.status == 304;
  if (!bare) out += response.body;
  session.wait_at_most(kQuietSecondsMax);
  auto [error, written] = co_await asio::async_write(session.stream, asio::buffer(out), kAwait);
  if (error) co_return false;
  if (bare || !response.file) co_return true;
  std::vector<std::uint8_t> piece(kFileBuffer);
  for (std::uint64_t at = 0; at < response.file->size;) {
    const std::size_t size = std::min<std::uint64_t>(kFileBuffer, response.file->size - at);
    if (!response.file->file->read_at(response.file->offset + at,
                                      MutableBytes(piece).first(size))) {
      co_return false;  // the file shrank under us: the length is promised, so hang up
    }
    session.wait_at_most(kQuietSecondsMax);
    auto [fault, sent] =
        co_await asio::async_write(session.stream, asio::buffer(piece.data(), size), kAwait);
    if (fault) co_return false;
    at += size;
  }
  co_return true;
}

enum class Read : std::uint8_t { whole, malformed, head_too_large, body_too_large, gone };

// read_request reads until one request is complete; what follows it stays in the buffer.
Task<Read> read_request(Session& session, beast::flat_buffer& buffer, RequestReader& reader) {
  session.idle = true;
  session.wait_at_most(kIdleSecondsMax);
  while (true) {
    boost::system::error_code error;
    while (buffer.size() > 0) {
      const std::size_t used = reader.put(buffer.data(), error);
      buffer.consume(used);
      if (error || used == 0 || reader.is_done()) break;
    }
    if (error == beast::http::error::header_limit) co_return Read::head_too_large;
    if (error == beast::http::error::body_limit) co_return Read::body_too_large;
    if (error && error != beast::http::error::need_more) co_return Read::malformed;
    if (reader.is_done()) co_return Read::whole;
    if (buffer.size() > kHeaderMax) co_return Read::head_too_large;
    const bool begun = reader.got_some() || buffer.size() > 0;
    if (begun && session.idle) session.wait_at_most(kQuietSecondsMax);  // for all of the request
    if (begun) session.idle = false;
    auto [fault, size] = co_await session.stream.async_read_some(buffer.prepare(4096), kAwait);
    if (fault) co_return Read::gone;
    buffer.commit(size);
  }
}

Task<void> refuse(Server& server, Session& session, Read read) {
  const Code code = read == Read::malformed ? Code::bad_request : Code::too_large;
  Response response = error_response({code, 0});
  if (read == Read::head_too_large) response.status = 431;
  response = server.service.refuse(std::move(response));
  const Request request;
  (void)co_await send(session, request, response, false);
}

Task<void> converse(Server& server, Session& session) {
  auto [error] = co_await session.stream.async_handshake(asio::ssl::stream_base::server, kAwait);
  if (error) {
    server.service.metrics().handshake_failed();
    co_return;
  }
  session.who = common_name_of(session.stream.native_handle());
  const Service::Demands demands = server.service.demands();
  beast::flat_buffer buffer(kHeaderMax + kRequestBodyMax);
  while (!server.ending) {
    RequestReader reader(demands.all_headers ? Headers::all : Headers::those_looked_at);
    reader.eager(true);
    reader.header_limit(kHeaderMax);
    reader.body_limit(session.door == Door::operators ? kRequestBodyMax : demands.body_max);
    const Read read = co_await read_request(session, buffer, reader);
    if (read == Read::gone) co_return;
    if (read != Read::whole) {
      co_await refuse(server, session, read);
      break;
    }
    session.idle = false;
    Request request = reader.request();
    request.who = session.who;
    session.wait_at_most(kQuietSecondsMax);
    const Response response = co_await answer_of(server, session, request);
    const bool keep = reader.keep_alive() && !server.ending;
    const bool sent = co_await send(session, request, response, keep);
    if (!sent || !keep) break;
  }
  session.wait_at_most(2);
  (void)co_await session.stream.async_shutdown(kAwait);
}

Task<void> live(Server& server, std::shared_ptr<Session> session) {
  session->lane.sessions.insert(session.get());
  try {
    co_await converse(server, *session);
  } catch (const std::exception& error) {
    server.service.log().event("connection_failed", {{"detail", error.what()}});
  }
  session->lane.sessions.erase(session.get());
  session->drop();
  server.connections.fetch_sub(1);
}

// tick drops the connections whose time is up, once a second.
Task<void> tick(Server& server, Lane& lane) {
  Timer timer(lane.context);
  SteadyClock::time_point drained{};
  while (true) {
    lane.now = SteadyClock::now();
    if (server.ending && drained == SteadyClock::time_point{}) {
      drained = lane.now + server.drain;
    }
    const bool waited = server.hurried || lane.now > drained;
    if (server.ending && waited) server.service.give_up();
    for (Session* const session : lane.sessions) {
      const bool late = lane.now > session->deadline;
      const bool ends = server.ending && (session->idle || waited);
      if (late || ends) session->drop();
    }
    if (server.ending && lane.sessions.empty()) co_return;
    timer.expires_after(server.ending ? std::chrono::milliseconds(50) : std::chrono::seconds(1));
    (void)co_await timer.async_wait(kAwait);
  }
}

struct Listener {
  Acceptor acceptor;
  asio::ssl::context tls;
  Door door;
};

Task<void> accept_all(Server& server, Listener& listener, const std::vector<Lane*>& lanes) {
  for (std::size_t next = 0; !server.ending; next = (next + 1) % lanes.size()) {
    Lane& lane = *lanes[next];
    auto [error, socket] = co_await listener.acceptor.async_accept(lane.context, kAwait);
    if (server.ending) co_return;
    if (error) {  // out of descriptors, mostly: a breath instead of a busy loop
      Timer breath(listener.acceptor.get_executor(), std::chrono::milliseconds(50));
      (void)co_await breath.async_wait(kAwait);
      continue;
    }
    const std::size_t room =
        listener.door == Door::operators ? server.room : server.room - kOperatorsMin;
    if (server.connections.load() >= room) continue;  // the socket closes here
    server.connections.fetch_add(1);
    boost::system::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket), listener.tls, lane, listener.door);
    asio::co_spawn(lane.context, live(server, std::move(session)), asio::detached);
  }
}

// What listens. Connections keep the context that they began with.
struct Listeners {
  const Settings& settings;
  Listener devices;
  std::optional<Listener> admin{};
  TlsFiles files{settings};

  // renew_tls takes up files that were replaced, both listeners' or none: while a certificate and
  // its key do not fit each other yet, the present ones serve on.
  void renew_tls(Log& log) {
    Result<TlsContext> tls = make_tls(settings, Door::devices);
    Result<TlsContext> admin_tls = admin ? make_tls(settings, Door::operators) : TlsContext();
    if (!tls || !admin_tls) {
      log.event("tls_kept", {{"code", name((tls ? admin_tls : tls).error().code)}});
      return;
    }
    devices.tls = asio::ssl::context(tls->release());
    if (admin) admin->tls = asio::ssl::context(admin_tls->release());
    log.event("tls_renewed", json::Value::object());
  }
};

// watch_files looks once a second at what others replace while this serves.
Task<void> watch_files(Server& server, Listeners& listeners, asio::io_context& context) {
  Timer timer(context);
  while (!server.ending) {
    server.service.look_again();
    if (listeners.files.changed()) listeners.renew_tls(server.service.log());
    timer.expires_after(std::chrono::seconds(1));
    (void)co_await timer.async_wait(kAwait);
  }
}

// end_on_signals closes the doors on the first signal, and ends the wait for answers on the second.
Task<void> end_on_signals(Server& server, Signals& signals, const std::vector<Acceptor*>& doors) {
  (void)co_await signals.async_wait(kAwait);
  server.ending = true;
  boost::system::error_code ignored;
  for (Acceptor* const door : doors) door->close(ignored);
  server.service.log().event("stopping", {{"connections", server.connections.load()}});
  auto [cancelled, signal] = co_await signals.async_wait(kAwait);
  if (!cancelled) server.hurried = true;
}

// end_when_empty lets end_on_signals go once the last connection is gone.
Task<void> end_when_empty(Server& server, Signals& signals, asio::io_context& context) {
  Timer timer(context);
  while (!server.ending || server.connections.load() != 0) {
    timer.expires_after(std::chrono::milliseconds(100));
    (void)co_await timer.async_wait(kAwait);
  }
  boost::system::error_code ignored;
  signals.cancel(ignored);
}

Result<Tcp::endpoint> read_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return fail(Code::usage);
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  unsigned short port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || read.ec != std::errc() || read.ptr != end) return fail(Code::usage);
  return Tcp::endpoint(address, port);
}

Result<Acceptor> open(asio::io_context& context, const std::string& address) {
  AIRLOCK_ASSIGN(const Tcp::endpoint endpoint, read_address(address));
  Acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (error == asio::error::address_in_use) return fail(Code::address_in_use);
  if (error) return fail(Code::access_denied);
  return acceptor;
}

// open_for says at which door it failed.
Result<Acceptor> open_for(Door door, asio::io_context& context, const Settings& settings) {
  const bool devices = door == Door::devices;
  auto opened = open(context, devices ? settings.listen : settings.admin_listen);
  const Setting setting = devices ? Setting::listen : Setting::admin_listen;
  if (!opened) return fail(opened.error().code, static_cast<std::uint64_t>(setting));
  return opened;
}

std::string address_of(const Acceptor& acceptor, const std::string& asked) {
  return asked.substr(0, asked.rfind(':') + 1) + std::to_string(acceptor.local_endpoint().port());
}

Result<Listener> listen(Door door, asio::io_context& context, const Settings& settings) {
  AIRLOCK_ASSIGN(auto tls, make_tls(settings, door));
  AIRLOCK_ASSIGN(auto acceptor, open_for(door, context, settings));
  return Listener{std::move(acceptor), asio::ssl::context(tls.release()), door};
}

// As many lanes as threads for devices, and one for all else.
std::vector<std::unique_ptr<Lane>> make_lanes(unsigned threads) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (unsigned at = 0; at < threads + 1; ++at) lanes.push_back(std::make_unique<Lane>());
  return lanes;
}

Status serve(Service& service, const Settings& settings,
             const std::function<void(const Addresses&)>& ready) {
  Server server{service, std::chrono::seconds(settings.drain_seconds)};
  const std::vector<std::unique_ptr<Lane>> lanes = make_lanes(settings.threads);
  std::vector<Lane*> device_lanes;
  for (unsigned at = 0; at < settings.threads; ++at) device_lanes.push_back(lanes[at].get());
  Lane& operators = *lanes.back();
  AIRLOCK_ASSIGN(Listener devices, listen(Door::devices, operators.context, settings));
  Listeners listeners{settings, std::move(devices)};
  std::vector<Acceptor*> doors = {&listeners.devices.acceptor};
  if (!settings.admin_listen.empty()) {
    AIRLOCK_ASSIGN(listeners.admin, listen(Door::operators, operators.context, settings));
    doors.push_back(&listeners.admin->acceptor);
  }
  const auto begin = [&](Task<void> task) {
    asio::co_spawn(operators.context, std::move(task), asio::detached);
  };
  Signals signals(operators.context, SIGTERM, SIGINT);
  const std::vector<Lane*> admin_lanes = {&operators};
  begin(end_on_signals(server, signals, doors));
  begin(end_when_empty(server, signals, operators.context));
  begin(accept_all(server, listeners.devices, device_lanes));
  if (listeners.admin) begin(accept_all(server, *listeners.admin, admin_lanes));
  begin(watch_files(server, listeners, operators.context));
  for (const auto& lane : lanes) {
    asio::co_spawn(lane->context, tick(server, *lane), asio::detached);
  }
  const Addresses addresses{
      address_of(listeners.devices.acceptor, settings.listen),
      listeners.admin ? address_of(listeners.admin->acceptor, settings.admin_listen) : ""};
  service.log().event(
      "started",
      {{"version", AIRLOCK_VERSION}, {"listen", addresses.listen}, {"admin", addresses.admin}});
  ready(addresses);
  std::vector<std::jthread> threads;
  threads.reserve(device_lanes.size());
  for (Lane* const lane : device_lanes) threads.emplace_back([lane] { lane->context.run(); });
  operators.context.run();
  threads.clear();  // joins
  service.log().event("stopped", json::Value::object());
  return {};
}

}  // namespace

bool is_loopback(const std::string& address) {
  const auto read = read_address(address);
  return read && read->address().is_loopback();
}

Status run(Service& service, const Settings& settings,
           const std::function<void(const Addresses&)>& ready) {
  if (settings.threads == 0 || settings.threads > kThreadsMax) return fail(Code::usage);
  try {
    return serve(service, settings, ready);
  } catch (const std::exception& error) {
    service.log().event("failed", {{"detail", error.what()}});
    return fail(Code::io_failed);
  }
}

}  // namespace airlock::http
