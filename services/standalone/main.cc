#include "libs/rpc/service_main.h"
#include "services/standalone/module.h"

int main(int argc, char** argv) {
  using namespace waymark;
  standalone::Options options;
  return rpc::ServiceMain(
      argc, argv,
      {"waymark-standalone", "All of Waymark in one process, on embedded stores.",
       "127.0.0.1:7070"},
      [&](OptionSet& set) { options.Register(set); },
      [&](const rpc::Environment& environment) {
        return standalone::StandaloneModule::Create(options, environment);
      });
}
