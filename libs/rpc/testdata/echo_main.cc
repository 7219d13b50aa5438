#include "libs/rpc/service_main.h"
#include "libs/rpc/testdata/echo_server.h"

namespace {

using waymark::rpctest::EchoServiceImpl;

class EchoModule : public waymark::rpc::Module {
 public:
  explicit EchoModule(const waymark::rpc::Environment& environment) : service_(environment) {}
  std::vector<waymark::rpc::NamedService> services() override { return service_.services(); }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

 private:
  EchoServiceImpl service_;
};

}  // namespace

int main(int argc, char** argv) {
  return waymark::rpc::ServiceMain(
      argc, argv, {"rpc_echo_server", "Answers what it is told.", "127.0.0.1:0"},
      [](waymark::OptionSet&) {},
      [](const waymark::rpc::Environment& environment)
          -> absl::StatusOr<std::unique_ptr<waymark::rpc::Module>> {
        return std::make_unique<EchoModule>(environment);
      });
}
