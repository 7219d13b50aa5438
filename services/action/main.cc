#include "libs/rpc/channel.h"
#include "libs/rpc/service_main.h"
#include "services/action/module.h"

int main(int argc, char** argv) {
  waymark::action::Options options;
  return waymark::rpc::ServiceMain(
      argc, argv,
      {"waymark-action", "Keeps programmes, actions and cases; proves what worked.",
       "127.0.0.1:7404"},
      [&](waymark::OptionSet& set) { options.Register(set); },
      [&](const waymark::rpc::Environment& environment) {
        return waymark::action::ActionModule::Create(
            options,
            {.environment = environment, .scoring = waymark::rpc::MakeChannel(options.scoring)});
      });
}
