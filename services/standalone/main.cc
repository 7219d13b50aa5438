#include "libs/rpc/service_main.h"
#include "services/standalone/module.h"

int main(int argc, char** argv) {
  waymark::standalone::Options options;
  return waymark::rpc::ServiceMain(
      argc, argv,
      {"waymark-standalone", "All of Waymark in one process, on embedded stores.",
       "127.0.0.1:7070"},
      [&](waymark::OptionSet& set) { options.Register(set); },
      [&](const waymark::rpc::Environment& environment) {
        return waymark::standalone::StandaloneModule::Create(options, environment);
      });
}
