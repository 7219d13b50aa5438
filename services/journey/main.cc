#include "libs/rpc/channel.h"
#include "libs/rpc/service_main.h"
#include "services/journey/module.h"

int main(int argc, char** argv) {
  using namespace waymark;
  journey::Options options;
  return rpc::ServiceMain(
      argc, argv,
      {"waymark-journey", "Models customer journeys and discovers the real ones.",
       "127.0.0.1:7402"},
      [&](OptionSet& set) { options.Register(set); },
      [&](const rpc::Environment& environment) {
        return journey::JourneyModule::Create(
            options, {.environment = environment, .feedback = rpc::MakeChannel(options.feedback)});
      });
}
