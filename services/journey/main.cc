#include "libs/rpc/channel.h"
#include "libs/rpc/service_main.h"
#include "services/journey/module.h"

int main(int argc, char** argv) {
  waymark::journey::Options options;
  return waymark::rpc::ServiceMain(
      argc, argv,
      {"waymark-journey", "Models customer journeys and discovers the real ones.",
       "127.0.0.1:7402"},
      [&](waymark::OptionSet& set) { options.Register(set); },
      [&](const waymark::rpc::Environment& environment) {
        return waymark::journey::JourneyModule::Create(
            options,
            {.environment = environment, .feedback = waymark::rpc::MakeChannel(options.feedback)});
      });
}
