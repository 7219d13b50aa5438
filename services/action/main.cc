#include "libs/rpc/channel.h"
#include "libs/rpc/service_main.h"
#include "services/action/module.h"

int main(int argc, char** argv) {
  using namespace waymark;
  action::Options options;
  return rpc::ServiceMain(
      argc, argv,
      {"waymark-action", "Keeps programmes, actions and cases; proves what worked.",
       "127.0.0.1:7404"},
      [&](OptionSet& set) { options.Register(set); },
      [&](const rpc::Environment& environment) {
        return action::ActionModule::Create(
            options, {.environment = environment, .scoring = rpc::MakeChannel(options.scoring)});
      });
}
