#include "libs/rpc/service_main.h"
#include "services/feedback/module.h"
#include "services/feedback/options.h"

int main(int argc, char** argv) {
  waymark::feedback::Options options;
  return waymark::rpc::ServiceMain(
      argc, argv,
      {"waymark-feedback", "Takes signals in, durably and once, and serves them.",
       "127.0.0.1:7401"},
      [&](waymark::OptionSet& set) { options.Register(set); },
      [&](const waymark::rpc::Environment& environment) {
        return waymark::feedback::FeedbackModule::Create(options, {.environment = environment});
      });
}
