#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/csv_reader.h"
#include "libs/importers/event_time.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace google::protobuf {
class FieldDescriptor;
}

namespace waymark::importers {

/// How one value is made of a row. In YAML either a column's name or a map:
///   {column: C} or {columns: [C, D]} (joined) or {template: "2017-05-{DAY}"} (columns in braces;
///   {@source} is the source's id), and with it
///   values: {raw: meaning}    what a raw value stands for; others stay as they are
///   blank: [raw, ...]         raw values that mean "nothing"
///   optional: true            fine when the file lacks the column
///   currency: EUR             of an amount of money
struct FieldRule {
  struct Piece {
    enum class Kind { kText, kColumn, kSource };
    Kind kind = Kind::kText;
    /// The text itself or the column's name.
    std::string text;
    /// Where the column stands in the file that is read; -1 when the file has none.
    int index = -1;
  };
  std::vector<Piece> pieces;
  std::map<std::string, std::string> values;
  std::set<std::string> blank;
  bool optional = false;
  std::string currency;

  bool empty() const { return pieces.empty(); }
};

/// The rule for a field of the signal's message.
struct FieldBinding {
  const google::protobuf::FieldDescriptor* field = nullptr;
  FieldRule rule;
  /// A row without it is an error.
  bool required = false;
};

/// When a signal happened. In YAML a FieldRule's map with `formats` and `zone` (see TimeParser), or
/// a list of such maps with `if_columns`: the first whose columns the file has is the one used.
struct EventTimeRule {
  FieldRule value;
  TimeParser parser;
  std::vector<std::string> if_columns;
};

/// One question of a survey, or the one by which customers rate a chat.
struct QuestionRule {
  /// Question id. A template (columns in braces) is made into a slug, so that each row can answer a
  /// question of its own.
  FieldRule id;
  /// Empty when the question has `rows`.
  FieldRule answer;
  /// Of a matrix: the id of each row and its answer, a number when there is a scale, else an
  /// option.
  std::vector<std::pair<std::string, FieldRule>> rows;
  feedback::v1::QuestionType type = feedback::v1::QUESTION_TYPE_UNSPECIFIED;
  std::optional<feedback::v1::Scale> scale;
  /// Raw values that say "does not apply to me".
  std::set<std::string> not_applicable;
  /// Wording of the question, and the source's version of it; may be templates.
  FieldRule text;
  FieldRule version;
  /// Reads the answer to a question for a date.
  TimeParser dates;
  std::string touchpoint;
};

/// Rows whose column holds one of the values are not signals.
struct SkipRule {
  FieldRule column;
  std::set<std::string> values;
};

/// How the rows of a CSV file become signals; services/cli/mappings/README.md documents every key
/// of its YAML form. A plain value: copy it freely.
struct Mapping {
  /// Id of the source when the caller names none; may be empty.
  std::string source;
  feedback::v1::Signal::KindCase kind = feedback::v1::Signal::KIND_NOT_SET;
  CsvOptions csv;
  /// Other names that a column has in some files, by the name used here.
  std::map<std::string, std::vector<std::string>> aliases;
  /// Empty: `hash`, a hash of all mapped values and the ordinal among rows that are equal in them.
  FieldRule external_id;
  std::vector<EventTimeRule> event_time;
  /// Fields of Signal: customer (always there, perhaps with an empty rule), account, touchpoint,
  /// revision, sequence.
  std::vector<FieldBinding> signal_fields;
  /// Fields of the kind's own message.
  std::vector<FieldBinding> kind_fields;
  /// Attribute key and its value.
  std::vector<std::pair<std::string, FieldRule>> attributes;
  std::vector<QuestionRule> questions;
  /// Rows with equal values of these columns are one submission; empty: every row is a signal.
  FieldRule group_by;
  std::vector<SkipRule> skip;

  /// A change to a mapping before it is read: a dotted path (an item of a list by its id, key,
  /// column or position) and a value in YAML, e.g. {"questions.NETPRO.optional", "true"}.
  using Override = std::pair<std::string, std::string>;

  /// Reads the YAML file `path`. NOT_FOUND: there is none; INVALID_ARGUMENT: the message names the
  /// file, the line, what is wrong there and what is allowed.
  static absl::StatusOr<Mapping> Load(absl::string_view path,
                                      const std::vector<Override>& overrides = {});

  /// The same from YAML text; `name` stands for the file in messages.
  static absl::StatusOr<Mapping> Parse(absl::string_view yaml, absl::string_view name,
                                       const std::vector<Override>& overrides = {});
};

}  // namespace waymark::importers
