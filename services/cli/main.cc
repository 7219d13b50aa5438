#include <cstdlib>
#include <iostream>

#include "absl/synchronization/mutex.h"
#include "services/cli/app.h"

int main(int argc, char** argv) {
  // The client says itself what failed; gRPC's own log is for who asks for it.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  std::ios::sync_with_stdio(false);
  return waymark::cli::RunApp(argc, argv, std::cout, std::cerr);
}
