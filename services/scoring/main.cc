#include "libs/rpc/channel.h"
#include "libs/rpc/service_main.h"
#include "services/scoring/module.h"

int main(int argc, char** argv) {
  waymark::scoring::Options options;
  return waymark::rpc::ServiceMain(
      argc, argv,
      {"waymark-scoring", "Measures customer journeys and ranks what to fix.", "127.0.0.1:7403"},
      [&](waymark::OptionSet& set) { options.Register(set); },
      [&](const waymark::rpc::Environment& environment) {
        return waymark::scoring::ScoringModule::Create(
            options, {.environment = environment,
                      .feedback = waymark::rpc::MakeChannel(options.feedback),
                      .journey = waymark::rpc::MakeChannel(options.journey)});
      });
}
