#include "libs/importers/row_mapper.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/importers/content_ids.h"
#include "libs/importers/field_setter.h"

namespace waymark::importers {
namespace {

using feedback::v1::Answer;
using feedback::v1::Signal;
using Piece = FieldRule::Piece;

constexpr size_t kMaxSignal = 256 << 10;
constexpr size_t kMaxId = 128;

// Every rule of the mapping but those of event_time, which come in alternatives.
std::vector<FieldRule*> RulesOf(Mapping* mapping) {
  std::vector<FieldRule*> rules = {&mapping->external_id, &mapping->group_by};
  for (FieldBinding& binding : mapping->signal_fields) rules.push_back(&binding.rule);
  for (FieldBinding& binding : mapping->kind_fields) rules.push_back(&binding.rule);
  for (auto& [key, rule] : mapping->attributes) rules.push_back(&rule);
  for (SkipRule& skip : mapping->skip) rules.push_back(&skip.column);
  for (QuestionRule& question : mapping->questions) {
    rules.insert(rules.end(), {&question.id, &question.answer, &question.text, &question.version});
    for (auto& [id, rule] : question.rows) rules.push_back(&rule);
  }
  return rules;
}

/// Finds columns in a header by their name in the mapping.
class ColumnFinder {
 public:
  ColumnFinder(const std::vector<std::string>& header, const Mapping& mapping)
      : header_(header), aliases_(mapping.aliases) {}

  /// Position, or -1.
  int Find(const std::string& name) {
    int index = FindExact(name);
    const auto aliases = aliases_.find(name);
    if (index >= 0 || aliases == aliases_.end()) return index;
    for (const std::string& alias : aliases->second) {
      if ((index = FindExact(alias)) >= 0) return index;
    }
    return -1;
  }

  bool HasAll(const FieldRule& rule, const std::vector<std::string>& more) {
    return std::all_of(rule.pieces.begin(), rule.pieces.end(),
                       [&](const Piece& piece) {
                         return piece.kind != Piece::Kind::kColumn || Find(piece.text) >= 0;
                       }) &&
           std::all_of(more.begin(), more.end(),
                       [&](const std::string& name) { return Find(name) >= 0; });
  }

  /// Fills the rule's positions; a rule that is optional and not served becomes empty.
  void Bind(FieldRule* rule) {
    if (rule->optional && !HasAll(*rule, {})) {
      rule->pieces.clear();
      return;
    }
    for (Piece& piece : rule->pieces) {
      if (piece.kind != Piece::Kind::kColumn) continue;
      piece.index = Find(piece.text);
      if (piece.index < 0) {
        missing_.push_back(piece.text);
      } else if (std::count(header_.begin(), header_.end(), header_[piece.index]) > 1) {
        repeated_.push_back(piece.text);
      }
      found_[piece.text] = piece.index;
    }
  }

  absl::Status Check() {
    for (auto* list : {&missing_, &repeated_}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    const auto complain = [&](absl::string_view what, const std::vector<std::string>& names) {
      return absl::InvalidArgumentError(absl::StrCat(
          what, names.size() > 1 ? "columns '" : "column '", absl::StrJoin(names, "', '"),
          "' that the mapping names; its columns are: ", absl::StrJoin(header_, ", ")));
    };
    if (!missing_.empty()) return complain("lacks the ", missing_);
    if (!repeated_.empty()) return complain("has twice the ", repeated_);
    return absl::OkStatus();
  }

  std::vector<std::pair<std::string, int>> Found() const { return {found_.begin(), found_.end()}; }

 private:
  int FindExact(const std::string& name) const {
    const auto it = std::find(header_.begin(), header_.end(), name);
    return it == header_.end() ? -1 : static_cast<int>(it - header_.begin());
  }

  const std::vector<std::string>& header_;
  const std::map<std::string, std::vector<std::string>>& aliases_;
  std::map<std::string, int> found_;
  std::vector<std::string> missing_;
  std::vector<std::string> repeated_;
};

// Leaves the first rule whose columns the file has; else the last, whose lack is then complained
// of.
void ChooseEventTime(ColumnFinder* finder, std::vector<EventTimeRule>* rules) {
  const auto chosen = std::find_if(rules->begin(), rules->end(), [&](const EventTimeRule& rule) {
    return finder->HasAll(rule.value, rule.if_columns);
  });
  const EventTimeRule rule = chosen == rules->end() ? rules->back() : *chosen;
  rules->assign(1, rule);
}

bool HasColumns(const FieldRule& rule) {
  return std::any_of(rule.pieces.begin(), rule.pieces.end(),
                     [](const Piece& piece) { return piece.kind == Piece::Kind::kColumn; });
}

std::string QuestionId(const QuestionRule& question, std::string filled) {
  if (!HasColumns(question.id) || filled.empty()) return filled;
  std::string slug = Slug(filled);
  if (slug.size() <= kMaxId) return slug;
  const std::string hash = ContentIds().Next(slug).substr(0, 16);
  return absl::StrCat(slug.substr(0, kMaxId - 17), "-", hash);
}

std::string Translate(const FieldRule& rule, absl::string_view raw) {
  if (rule.values.empty()) return std::string(raw);
  const auto it = rule.values.find(std::string(raw));
  return it == rule.values.end() ? std::string(raw) : it->second;
}

absl::Status SetDate(absl::string_view text, TimeParser* parser, feedback::v1::Date* date) {
  WM_ASSIGN_OR_RETURN(const absl::Time time, parser->Parse(text));
  const absl::CivilDay day = absl::ToCivilDay(time, absl::UTCTimeZone());
  date->set_year(static_cast<int32_t>(day.year()));
  date->set_month(day.month());
  date->set_day(day.day());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RowMapper> RowMapper::Create(Mapping mapping, const std::vector<std::string>& header,
                                            absl::string_view source,
                                            absl::string_view case_column) {
  if (!source.empty()) mapping.source = std::string(source);
  if (mapping.source.empty()) {
    return absl::InvalidArgumentError("has no source: name one with --source");
  }
  if (!case_column.empty()) {
    for (FieldBinding& binding : mapping.signal_fields) {
      if (binding.field->number() != Signal::kCustomerFieldNumber) continue;
      binding.rule = FieldRule{.pieces = {{Piece::Kind::kColumn, std::string(case_column)}}};
    }
  }
  RowMapper mapper(std::move(mapping));
  Mapping& bound = mapper.mapping_;
  ColumnFinder finder(header, bound);
  ChooseEventTime(&finder, &bound.event_time);
  finder.Bind(&bound.event_time[0].value);
  for (FieldRule* rule : RulesOf(&bound)) finder.Bind(rule);
  WM_RETURN_IF_ERROR(finder.Check());
  for (QuestionRule& question : bound.questions) {
    std::erase_if(question.rows, [](const auto& row) { return row.second.empty(); });
  }
  std::erase_if(bound.questions,
                [](const QuestionRule& q) { return q.answer.empty() && q.rows.empty(); });
  mapper.columns_ = finder.Found();
  return mapper;
}

std::string RowMapper::Raw(const FieldRule& rule, const CsvRecord& record) const {
  std::string raw;
  bool has_columns = false;
  bool has_values = false;
  for (const Piece& piece : rule.pieces) {
    if (piece.kind == Piece::Kind::kColumn) {
      const std::string& field = record.fields[piece.index];
      has_columns = true;
      has_values |= !field.empty();
      raw += field;
    } else {
      raw += piece.kind == Piece::Kind::kSource ? mapping_.source : piece.text;
    }
  }
  if (has_columns && !has_values) return "";
  return std::string(absl::StripAsciiWhitespace(raw));
}

std::string RowMapper::Value(const FieldRule& rule, const CsvRecord& record) const {
  std::string raw = Raw(rule, record);
  if (raw.empty() || rule.blank.contains(raw)) return "";
  return Translate(rule, raw);
}

bool RowMapper::Skips(const CsvRecord& record) const {
  if (std::all_of(record.fields.begin(), record.fields.end(),
                  [](const std::string& field) { return field.empty(); })) {
    return true;
  }
  return std::any_of(mapping_.skip.begin(), mapping_.skip.end(), [&](const SkipRule& skip) {
    return skip.values.contains(Raw(skip.column, record));
  });
}

void RowMapper::MapFields(const std::vector<FieldBinding>& bindings, const CsvRecord& record,
                          google::protobuf::Message* message, std::vector<std::string>* problems) {
  for (const FieldBinding& binding : bindings) {
    const std::string value = Value(binding.rule, record);
    if (value.empty()) {
      if (binding.required) problems->push_back(absl::StrCat(binding.field->name(), " is empty"));
      continue;
    }
    const absl::Status status = SetField(message, *binding.field, value, binding.rule.currency,
                                         &mapping_.event_time[0].parser);
    if (!status.ok()) {
      problems->push_back(absl::StrCat(binding.field->name(), ": ", status.message()));
    }
  }
}

void RowMapper::MapEventTime(const CsvRecord& record, Signal* signal,
                             std::vector<std::string>* problems) {
  EventTimeRule& rule = mapping_.event_time[0];
  const std::string value = Value(rule.value, record);
  if (value.empty()) {
    problems->push_back("event_time is empty");
    return;
  }
  const absl::StatusOr<absl::Time> time = rule.parser.Parse(value);
  if (time.ok()) {
    SetTimestamp(*time, signal->mutable_event_time());
  } else {
    problems->push_back(absl::StrCat("event_time ", time.status().message()));
  }
}

absl::Status RowMapper::SetAnswerValue(QuestionRule& question, absl::string_view raw,
                                       Answer* answer) const {
  const FieldRule& rule = question.answer;
  switch (question.type) {
    case feedback::v1::QUESTION_TYPE_TEXT:
      answer->set_text(Translate(rule, raw));
      return absl::OkStatus();
    case feedback::v1::QUESTION_TYPE_BOOLEAN: {
      WM_ASSIGN_OR_RETURN(const bool value, ParseBool(Translate(rule, raw)));
      answer->set_boolean(value);
      return absl::OkStatus();
    }
    case feedback::v1::QUESTION_TYPE_CHOICE:
      answer->mutable_choices()->add_options(Translate(rule, raw));
      return absl::OkStatus();
    case feedback::v1::QUESTION_TYPE_DATE:
      return SetDate(Translate(rule, raw), &question.dates, answer->mutable_date());
    case feedback::v1::QUESTION_TYPE_MULTIPLE_CHOICE:
    case feedback::v1::QUESTION_TYPE_RANKING:
      for (absl::string_view option : absl::StrSplit(raw, ';')) {
        option = absl::StripAsciiWhitespace(option);
        if (option.empty() || rule.blank.contains(std::string(option))) continue;
        answer->mutable_choices()->add_options(Translate(rule, option));
      }
      if (answer->choices().options().empty()) answer->clear_value();
      return absl::OkStatus();
    default: {
      WM_ASSIGN_OR_RETURN(const double number, ParseNumber(Translate(rule, raw)));
      answer->set_number(number);
      return absl::OkStatus();
    }
  }
}

bool RowMapper::MapMatrix(const QuestionRule& question, const CsvRecord& record, Answer* answer,
                          std::vector<std::string>* problems) const {
  for (const auto& [id, rule] : question.rows) {
    const std::string raw = Raw(rule, record);
    if (raw.empty()) continue;
    feedback::v1::MatrixRow* row = answer->mutable_matrix()->add_rows();
    row->set_row(id);
    if (question.not_applicable.contains(raw)) {
      row->set_not_applicable(true);
    } else if (!rule.blank.contains(raw) && !question.scale) {
      row->set_option(Translate(rule, raw));
    } else if (!rule.blank.contains(raw)) {
      const absl::StatusOr<double> number = ParseNumber(Translate(rule, raw));
      if (number.ok()) {
        row->set_number(*number);
      } else {
        problems->push_back(
            absl::StrCat(answer->question(), "/", id, ": ", number.status().message()));
      }
    }
  }
  return answer->has_matrix();
}

void RowMapper::MapAnswer(QuestionRule& question, const CsvRecord& record, Answers* answers,
                          std::vector<std::string>* problems) {
  const bool is_matrix = !question.rows.empty();
  const std::string raw = Raw(question.answer, record);
  if (raw.empty() && !is_matrix) return;
  const std::string id = QuestionId(question, Value(question.id, record));
  if (id.empty()) {
    problems->push_back(absl::StrCat("the answer '", raw.substr(0, 40), "' has no question id"));
    return;
  }
  Answer* answer = answers->Add();
  answer->set_question(id);
  answer->set_question_text(Value(question.text, record));
  answer->set_question_version(Value(question.version, record));
  answer->set_type(question.type);
  answer->set_touchpoint(question.touchpoint);
  if (question.scale) *answer->mutable_scale() = *question.scale;
  if (is_matrix) {
    if (!MapMatrix(question, record, answer, problems)) answers->RemoveLast();
  } else if (question.not_applicable.contains(raw)) {
    answer->set_not_applicable(true);
  } else if (!question.answer.blank.contains(raw)) {
    const absl::Status status = SetAnswerValue(question, raw, answer);
    if (!status.ok()) problems->push_back(absl::StrCat(id, ": ", status.message()));
  }
}

// A row with a rating is a rating, unless the mapping says what else happened.
void RowMapper::MapRating(const CsvRecord& record, feedback::v1::ChatMessage* chat,
                          std::vector<std::string>* problems) {
  Answers answers;
  for (QuestionRule& question : mapping_.questions) {
    MapAnswer(question, record, &answers, problems);
  }
  if (answers.empty()) return;
  chat->mutable_rating()->Swap(&answers[0]);
  if (chat->event() == feedback::v1::ChatMessage::EVENT_UNSPECIFIED) {
    chat->set_event(feedback::v1::ChatMessage::EVENT_RATED);
  }
}

void RowMapper::CheckSize(const CsvRecord& record, const Signal& signal,
                          std::vector<std::string>* problems) const {
  const size_t size = signal.ByteSizeLong();
  if (size <= kMaxSignal) return;
  const auto longest =
      std::max_element(columns_.begin(), columns_.end(), [&](const auto& a, const auto& b) {
        return record.fields[a.second].size() < record.fields[b.second].size();
      });
  problems->push_back(absl::StrCat("the signal would have ", size, " bytes, ", kMaxSignal,
                                   " at most; column '", longest->first, "' holds ",
                                   record.fields[longest->second].size()));
}

absl::Status RowMapper::Map(const CsvRecord& record, Signal* signal) {
  std::vector<std::string> problems;
  signal->Clear();
  signal->set_source(mapping_.source);
  signal->set_sequence(record.number);
  signal->set_external_id(Value(mapping_.external_id, record));
  if (!mapping_.external_id.empty() && signal->external_id().empty()) {
    problems.push_back("external_id is empty");
  }
  MapEventTime(record, signal, &problems);
  MapFields(mapping_.signal_fields, record, signal, &problems);
  for (const auto& [key, rule] : mapping_.attributes) {
    std::string value = Value(rule, record);
    if (value.empty()) continue;
    auto* attribute = signal->add_attributes();
    attribute->set_key(key);
    attribute->set_value(std::move(value));
  }
  const auto* kind = Signal::descriptor()->FindFieldByNumber(mapping_.kind);
  MapFields(mapping_.kind_fields, record, signal->GetReflection()->MutableMessage(signal, kind),
            &problems);
  if (signal->has_chat_message()) {
    MapRating(record, signal->mutable_chat_message(), &problems);
  } else {
    for (QuestionRule& question : mapping_.questions) {
      MapAnswer(question, record, signal->mutable_survey_response()->mutable_answers(), &problems);
    }
  }
  CheckSize(record, *signal, &problems);
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
}

std::string RowMapper::GroupKey(const CsvRecord& record) const {
  return Value(mapping_.group_by, record);
}

std::string RowMapper::Content(const CsvRecord& record) const {
  std::string content;
  for (const auto& [name, index] : columns_) AppendContent(name, record.fields[index], &content);
  return content;
}

std::vector<std::string> RowMapper::warnings() const {
  std::vector<std::string> warnings;
  const EventTimeRule& rule = mapping_.event_time[0];
  if (rule.parser.assumed_utc()) {
    warnings.push_back(
        "the times have no zone and were taken as UTC; name it in the mapping, e.g. "
        "event_time: {zone: Europe/London}");
  }
  if (!HasColumns(rule.value)) {
    warnings.push_back(
        "every signal has the same event time, the mapping's constant; name a column "
        "in event_time if the file has one");
  }
  return warnings;
}

}  // namespace waymark::importers
