#include "libs/rpc/health_service.h"

namespace waymark::rpc {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

/// One Watch call. All state is guarded by the service's mutex; gRPC deletes it by OnDone.
class HealthService::Watcher : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService* service, const std::string& name) : service_(service), name_(name) {
    absl::MutexLock lock(&service_->mutex_);
    service_->watchers_.insert(this);
    Proceed();
  }

  /// Writes the status when it differs from what was written last, or ends the call.
  void Proceed() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (writing_ || finished_) return;
    if (broken_ || service_->ended_) {
      finished_ = true;
      Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is ending"));
      return;
    }
    const ServingStatus now = service_->StatusOf(name_);
    if (now == response_.status()) return;
    response_.set_status(now);
    writing_ = true;
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&service_->mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
    Proceed();
  }

  void OnCancel() override {
    absl::MutexLock lock(&service_->mutex_);
    broken_ = true;
    Proceed();
  }

  void OnDone() override {
    {
      absl::MutexLock lock(&service_->mutex_);
      service_->watchers_.erase(this);
    }
    delete this;
  }

 private:
  HealthService* const service_;
  const std::string name_;
  HealthCheckResponse response_;  // UNKNOWN, which is never sent, until the first write
  bool writing_ = false;
  bool broken_ = false;
  bool finished_ = false;
};

HealthService::HealthService(const std::vector<std::string>& services)
    : services_(services.begin(), services.end()) {}

HealthService::~HealthService() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](absl::flat_hash_set<Watcher*>* watchers) { return watchers->empty(); }, &watchers_));
}

void HealthService::StopServing() {
  absl::MutexLock lock(&mutex_);
  serving_ = false;
  for (Watcher* watcher : watchers_) watcher->Proceed();
}

void HealthService::End() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  for (Watcher* watcher : watchers_) watcher->Proceed();
}

HealthService::ServingStatus HealthService::StatusOf(const std::string& service) const {
  if (!service.empty() && !services_.contains(service)) {
    return HealthCheckResponse::SERVICE_UNKNOWN;
  }
  return serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::MutexLock lock(&mutex_);
  const ServingStatus status = StatusOf(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND,
                                 "no service '" + request->service() + "' on this server"));
  } else {
    response->set_status(status);
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  return new Watcher(this, request->service());
}

}  // namespace waymark::rpc
