#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/status_macros.h"
#include "services/cli/file_output.h"
#include "services/cli/progress.h"
#include "services/cli/simulator.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::Signal;

struct SimulateOptions {
  SimulatorOptions simulator;
  bool no_truths = false;
  std::string out;
  std::string truths;
};

absl::Status WriteLine(const Signal& signal, std::ostream& out) {
  std::string json;
  if (const auto status = google::protobuf::util::MessageToJsonString(signal, &json);
      !status.ok()) {
    return absl::InternalError(absl::StrCat("cannot write a signal: ", status.ToString()));
  }
  if (!(out << json << '\n'))
    return absl::DataLossError("cannot write all signals; is the disk full?");
  return absl::OkStatus();
}

absl::Status SimulateTo(std::ostream& out, Session& session, const SimulatorOptions& options,
                        int64_t* signals, Truths* truths) {
  Progress progress(&session.err(), IsTerminal(STDERR_FILENO), "customers");
  std::string customer;
  int64_t customers = 0;
  return Simulate(
      options,
      [&](const Signal& signal) {
        ++*signals;
        if (signal.customer() != customer) {
          customer = signal.customer();
          progress.Update(customers, customers, options.customers);
          ++customers;
        }
        return WriteLine(signal, out);
      },
      truths);
}

absl::Status RunSimulate(Session& session, SimulateOptions options) {
  options.simulator.plant = !options.no_truths;
  int64_t signals = 0;
  Truths truths;
  if (options.out == "-") {
    WM_RETURN_IF_ERROR(SimulateTo(session.out(), session, options.simulator, &signals, &truths));
  } else {
    WM_ASSIGN_OR_RETURN(const auto file, FileOutput::Create(options.out));
    WM_RETURN_IF_ERROR(SimulateTo(file->stream(), session, options.simulator, &signals, &truths));
    WM_RETURN_IF_ERROR(file->Commit());
  }
  if (!options.truths.empty()) {
    WM_RETURN_IF_ERROR(WriteFile(options.truths, TruthsToJson(options.simulator, truths)));
  }
  if (options.out == "-") return absl::OkStatus();
  Table table({{"customers", Column::kRight}, {"signals", Column::kRight}, {"file"}, {"truths"}});
  table.AddRow({CountCell(options.simulator.customers), CountCell(signals), TextCell(options.out),
                TextCell(options.truths)});
  session.Print({Json::object({{"customers", options.simulator.customers},
                               {"signals", signals},
                               {"file", options.out},
                               {"truths", options.truths}}),
                 {},
                 std::move(table),
                 {}});
  return absl::OkStatus();
}

}  // namespace

void AddSimulateVerb(CLI::App& app, Session& session) {
  const auto options = std::make_shared<SimulateOptions>();
  CLI::App* verb = session.AddVerb(
      app, "simulate",
      "Write the signals of a fictional company, with planted truths, as JSON lines",
      "simulate --customers 2000 --seed 7 --out signals.jsonl --truths truths.json\n"
      "simulate --no-truths --out - | head\n",
      [&session, options] { return RunSimulate(session, *options); });
  verb->add_option("--customers", options->simulator.customers, "How many customers")
      ->check(CLI::Range(1, 100000000).description(""))
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--seed", options->simulator.seed, "Equal seeds give equal signals")
      ->capture_default_str()
      ->type_name("N");
  verb->add_flag("--no-truths", options->no_truths, "Plant nothing: a company without problems");
  verb->add_option("--out", options->out, "File for the signals; - for standard output")
      ->required()
      ->type_name("FILE");
  verb->add_option("--truths", options->truths, "File for what was planted")->type_name("FILE");
}

}  // namespace waymark::cli
