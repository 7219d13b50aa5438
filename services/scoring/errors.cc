#include "services/scoring/errors.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"

namespace waymark::scoring {

absl::Status SourceNotFound(absl::string_view source) {
  return MakeError(absl::StatusCode::kNotFound, "SOURCE_NOT_FOUND",
                   absl::StrCat("no signals of source '", source,
                                "' have been recorded; import them first, or check the name"));
}

absl::Status QuestionNotFound(absl::string_view question, const std::vector<std::string>& known) {
  return MakeError(
      absl::StatusCode::kNotFound, "QUESTION_NOT_FOUND",
      absl::StrCat("no rating answers question '", question, "'; ",
                   known.empty() ? "there are none in these sources"
                                 : absl::StrCat("there are ", absl::StrJoin(known, ", "))));
}

absl::Status QuestionVersionNotFound(absl::string_view version, absl::string_view known) {
  return MakeError(absl::StatusCode::kNotFound, "QUESTION_NOT_FOUND",
                   absl::StrCat("the question has no version '", version,
                                "' in these sources; there are ", known));
}

absl::Status MetricMismatch(absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "METRIC_MISMATCH", why);
}

absl::Status PeerUnavailable(absl::string_view peer, const absl::Status& status) {
  return MakeError(
      absl::StatusCode::kUnavailable, "PEER_UNAVAILABLE",
      absl::StrCat("the ", peer, " service does not answer (", status.message(), "); try again"));
}

}  // namespace waymark::scoring
