#include "libs/rpc/channel.h"
#include "libs/rpc/service_main.h"
#include "services/scoring/module.h"

int main(int argc, char** argv) {
  using namespace waymark;
  scoring::Options options;
  return rpc::ServiceMain(
      argc, argv,
      {"waymark-scoring", "Measures customer journeys and ranks what to fix.", "127.0.0.1:7403"},
      [&](OptionSet& set) { options.Register(set); },
      [&](const rpc::Environment& environment) {
        return scoring::ScoringModule::Create(options,
                                              {.environment = environment,
                                               .feedback = rpc::MakeChannel(options.feedback),
                                               .journey = rpc::MakeChannel(options.journey)});
      });
}
