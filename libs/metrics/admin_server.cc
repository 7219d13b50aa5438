#include "libs/metrics/admin_server.h"

#include <civetweb.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace waymark::metrics {

struct AdminServer::Impl {
  const Registry* registry;
  std::function<absl::Status()> ready;
  std::string address;
  mg_context* context = nullptr;
  absl::Mutex mutex;
  std::string last_error ABSL_GUARDED_BY(mutex);
};

namespace {

void Respond(mg_connection* connection, int code, const char* content_type,
             const std::string& body) {
  mg_printf(
      connection,
      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
      code, mg_get_response_code_text(connection, code), content_type, body.size());
  if (absl::string_view(mg_get_request_info(connection)->request_method) != "HEAD") {
    mg_write(connection, body.data(), body.size());
  }
}

// Answers everything, so that nothing is ever served from the file system.
int Handle(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* impl = static_cast<AdminServer::Impl*>(request->user_data);
  const absl::string_view method = request->request_method;
  const absl::string_view path = request->local_uri;
  int code = 200;
  std::string body = "ok\n";
  const char* content_type = "text/plain; charset=utf-8";
  if (method != "GET" && method != "HEAD") {
    code = 405;
    body = "only GET and HEAD\n";
  } else if (path == "/metrics") {
    content_type = "text/plain; version=0.0.4; charset=utf-8";
    body = impl->registry->Render();
  } else if (path == "/readyz") {
    if (absl::Status status = impl->ready(); !status.ok()) {
      code = 503;
      body = absl::StrCat(std::string(status.message()), "\n");
    }
  } else if (path != "/healthz") {
    code = 404;
    body = "there are /metrics, /healthz and /readyz\n";
  }
  Respond(connection, code, content_type, body);
  return code;
}

int KeepError(const mg_connection* connection, const char* message) {
  if (const mg_context* context = mg_get_context(connection); context != nullptr) {
    auto* impl = static_cast<AdminServer::Impl*>(mg_get_user_data(context));
    absl::MutexLock lock(&impl->mutex);
    impl->last_error = message;
  }
  return 1;
}

// Connects to `address` and hangs up.
void Touch(const std::string& address) {
  const size_t colon = address.rfind(':');
  addrinfo* found = nullptr;
  if (getaddrinfo(address.substr(0, colon).c_str(), address.c_str() + colon + 1, nullptr, &found)) {
    return;
  }
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    // Refused once the listener has gone, which is as good.
    (void)!connect(fd, found->ai_addr, found->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

}  // namespace

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    const std::string& address, const Registry* registry, std::function<absl::Status()> ready) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "' is not an address; give HOST:PORT, e.g. 127.0.0.1:9090"));
  }
  auto impl = std::make_unique<Impl>();
  impl->registry = registry;
  impl->ready = std::move(ready);
  const char* options[] = {"listening_ports",    address.c_str(), "num_threads", "2",
                           "request_timeout_ms", "5000",          nullptr};
  mg_callbacks callbacks{};
  callbacks.begin_request = Handle;
  callbacks.log_message = KeepError;
  impl->context = mg_start(&callbacks, impl.get(), options);
  if (impl->context == nullptr) {
    absl::MutexLock lock(&impl->mutex);
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " for metrics: ",
                                               impl->last_error, "; is another process there?"));
  }
  mg_server_port port{};
  mg_get_server_ports(impl->context, 1, &port);
  impl->address = absl::StrCat(address.substr(0, colon), ":", port.port);
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

// mg_stop takes as long as the listener's poll, up to two seconds, unless a connection wakes it.
AdminServer::~AdminServer() {
  absl::Notification stopped;
  std::thread stopper([&] {
    mg_stop(impl_->context);
    stopped.Notify();
  });
  while (!stopped.WaitForNotificationWithTimeout(absl::Milliseconds(20))) Touch(impl_->address);
  stopper.join();
}

const std::string& AdminServer::address() const { return impl_->address; }

}  // namespace waymark::metrics
