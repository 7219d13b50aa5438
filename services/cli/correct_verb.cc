#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "services/cli/catch_up.h"
#include "services/cli/signal_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

struct CorrectOptions {
  std::string source;
  std::string external_id;
  std::string touchpoint;
  std::string question;
  bool clear = false;
  bool no_wait = false;
};

absl::Status Correct(Session& session, const CorrectOptions& options) {
  if (options.clear == !options.touchpoint.empty()) {
    return absl::InvalidArgumentError(
        "say on which touchpoint it belongs, or --clear to take a correction back");
  }
  feedback::v1::CorrectSignalRequest request;
  request.set_parent(session.Parent());
  request.set_source(options.source);
  request.set_external_id(options.external_id);
  request.set_question(options.question);
  if (options.clear) {
    request.set_clear(true);
  } else {
    request.set_touchpoint(options.touchpoint);
  }
  WM_ASSIGN_OR_RETURN(
      const feedback::v1::CorrectSignalResponse answer,
      session.client().Call(&feedback::v1::SignalService::StubInterface::CorrectSignal, request));
  if (!options.no_wait) WM_RETURN_IF_ERROR(WaitUntilCaughtUp(session.client(), answer.position()));
  session.Print({ToJson(answer), {}, DetailTable(DetailsOf(answer.stored_signal())), {}});
  return absl::OkStatus();
}

}  // namespace

void AddCorrectVerb(CLI::App& signal, Session& session) {
  const auto options = std::make_shared<CorrectOptions>();
  CLI::App* correct = session.AddVerb(
      signal, "correct", "Say on which touchpoint a signal, or one of its answers, belongs",
      "signal correct sfo-2017 1042 check-in-desk\n"
      "signal correct sfo-2017 1042 security --question Q7_ALL/wait\n"
      "signal correct sfo-2017 1042 --clear\n",
      [&session, options] { return Correct(session, *options); });
  correct->footer(absl::StrCat(
      "A correction wins over the touchpoint that was sent and the one that the rules of the\n"
      "catalogue infer, and goes on to apply to later revisions of the signal. Journeys and "
      "scores\n"
      "take it in at once.\n\n",
      correct->get_footer()));
  correct->add_option("SOURCE", options->source, "Id of the source")->required()->type_name("");
  correct->add_option("EXTERNAL_ID", options->external_id, "The source's own id of it")
      ->required()
      ->type_name("");
  correct->add_option("TOUCHPOINT", options->touchpoint, "Id of the touchpoint on which it belongs")
      ->type_name("");
  correct
      ->add_option("--question", options->question,
                   "Only the answer to this question; QUESTION/ROW is a row of a matrix")
      ->type_name("ID");
  correct->add_flag("--clear", options->clear,
                    "Take the correction back: what was sent or inferred holds again");
  correct->add_flag("--no-wait", options->no_wait,
                    "Return when it is on disk, before journeys and scores know it");
}

}  // namespace waymark::cli
