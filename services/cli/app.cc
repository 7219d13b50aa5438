#include "services/cli/app.h"

#include <string>

#include "services/cli/session.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

void AddVerbs(CLI::App& app, Session& session) {
  AddImportVerbs(app, session);
  AddMappingVerbs(app, session);
  AddSourceVerbs(app, session);
  AddQuarantineVerbs(app, session);
  AddJourneyVerbs(app, session);
  AddDiscoverVerbs(app, session);
  AddMetricVerbs(app, session);
  AddScoreVerbs(app, session);
  AddActionVerbs(app, session);
  AddProgrammeVerbs(app, session);
  AddCaseVerbs(app, session);
  AddSignalVerbs(app, session);
  AddErasureVerbs(app, session);
  AddSimulateVerb(app, session);
}

}  // namespace

int RunApp(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CLI::App app(
      "Waymark turns what customers say and do into journeys that can be seen, scored, "
      "fixed and proven.",
      "waymark");
  app.require_subcommand(1);
  // Global options may stand anywhere.
  app.fallthrough();
  app.get_formatter()->column_width(34);
  app.footer(
      "Examples:\n  waymark import csv 2017.csv --mapping sfo --source sfo-2017\n"
      "  waymark metric nps --source sfo-2017 --question NETPRO\n"
      "  waymark priorities --map become-and-stay-a-customer -o json\n"
      "`waymark NOUN VERB --help` tells more.");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("waymark: ") + error.what() + "; `waymark --help` and `waymark NOUN VERB " +
           "--help` show what there is\n";
  });
  Session session(&out, &err);
  session.AddOptions(app);
  AddVerbs(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? 0 : kUsage;
  }
  const absl::Status status = session.Run();
  out.flush();
  if (status.ok()) return 0;
  err << "waymark: " << status.message() << std::endl;
  return kFailed;
}

}  // namespace waymark::cli
