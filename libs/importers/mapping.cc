#include "libs/importers/mapping.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/importers/field_setter.h"
#include "libs/importers/input_file.h"
#include "libs/importers/yaml_section.h"

namespace waymark::importers {
namespace {

using feedback::v1::QuestionType;
using feedback::v1::Signal;
using Piece = FieldRule::Piece;

struct KindName {
  const char* name;
  Signal::KindCase kind;
  std::set<std::string> required;
};

const std::vector<KindName>& Kinds() {
  static const auto& kinds = *new std::vector<KindName>{
      {"survey", Signal::kSurveyResponse, {}},
      {"interaction", Signal::kInteraction, {"activity"}},
      {"chat", Signal::kChatMessage, {"conversation", "author"}},
      {"social", Signal::kSocialMention, {"network"}},
      {"staff", Signal::kStaffObservation, {"observer"}},
  };
  return kinds;
}

absl::StatusOr<std::vector<Piece>> ParseTemplate(const YAML::Node& node, absl::string_view what) {
  WM_ASSIGN_OR_RETURN(const std::string text, YamlText(node, what));
  std::vector<Piece> pieces;
  size_t from = 0;
  while (from < text.size()) {
    const size_t open = text.find('{', from);
    if (open > from) pieces.push_back({Piece::Kind::kText, text.substr(from, open - from)});
    if (open == std::string::npos) break;
    const size_t close = text.find('}', open);
    if (close == std::string::npos) {
      return YamlError(node, absl::StrCat("'{' without '}' in '", text, "'"));
    }
    const std::string name = text.substr(open + 1, close - open - 1);
    const bool is_source = name == "@source";
    pieces.push_back({is_source ? Piece::Kind::kSource : Piece::Kind::kColumn, name});
    from = close + 1;
  }
  return pieces;
}

std::vector<Piece> JoinColumns(const std::vector<std::string>& columns,
                               absl::string_view separator) {
  std::vector<Piece> pieces;
  for (const std::string& column : columns) {
    if (!pieces.empty()) pieces.push_back({Piece::Kind::kText, std::string(separator)});
    pieces.push_back({Piece::Kind::kColumn, column});
  }
  return pieces;
}

absl::StatusOr<bool> ParseFlag(const YAML::Node& node, absl::string_view what) {
  if (!node.IsDefined()) return false;
  WM_ASSIGN_OR_RETURN(const std::string text, YamlText(node, what));
  const absl::StatusOr<bool> flag = ParseBool(text);
  if (!flag.ok()) return YamlError(node, absl::StrCat(what, " must be true or false"));
  return *flag;
}

absl::StatusOr<std::set<std::string>> ParseSet(const YAML::Node& node, absl::string_view what) {
  WM_ASSIGN_OR_RETURN(const std::vector<std::string> texts, YamlTexts(node, what));
  return std::set<std::string>(texts.begin(), texts.end());
}

// The part of a section that says what its raw values mean.
absl::Status TakeMeaning(YamlSection* section, FieldRule* rule) {
  WM_ASSIGN_OR_RETURN(auto values, YamlEntries(section->Take("values"), "values"));
  for (const auto& [raw, meaning] : values) {
    WM_ASSIGN_OR_RETURN(rule->values[raw], YamlText(meaning, "a value of `values`"));
  }
  WM_ASSIGN_OR_RETURN(rule->blank, ParseSet(section->Take("blank"), "blank"));
  WM_ASSIGN_OR_RETURN(rule->optional, ParseFlag(section->Take("optional"), "optional"));
  return absl::OkStatus();
}

// The part of a section that says where its value comes from, and what it means.
absl::StatusOr<FieldRule> TakeField(YamlSection* section, absl::string_view what,
                                    absl::string_view separator) {
  FieldRule rule;
  const YAML::Node forms[] = {section->Take("column"), section->Take("columns"),
                              section->Take("template")};
  if (forms[0].IsDefined() + forms[1].IsDefined() + forms[2].IsDefined() != 1) {
    return YamlError(section->node(),
                     absl::StrCat(what, " needs one of `column`, `columns` and `template`"));
  }
  if (forms[2].IsDefined()) {
    WM_ASSIGN_OR_RETURN(rule.pieces, ParseTemplate(forms[2], what));
  } else {
    const YAML::Node& node = forms[0].IsDefined() ? forms[0] : forms[1];
    WM_ASSIGN_OR_RETURN(const std::vector<std::string> columns, YamlTexts(node, what));
    rule.pieces = JoinColumns(columns, separator);
  }
  if (rule.pieces.empty()) return YamlError(section->node(), absl::StrCat(what, " is empty"));
  WM_RETURN_IF_ERROR(TakeMeaning(section, &rule));
  return rule;
}

// A column, a list of columns, or a section. Undefined gives an empty rule.
absl::StatusOr<FieldRule> ParseField(const YAML::Node& node, absl::string_view what,
                                     absl::string_view separator, bool is_money = false) {
  FieldRule rule;
  if (!node.IsDefined()) return rule;
  if (!node.IsMap()) {
    WM_ASSIGN_OR_RETURN(const std::vector<std::string> columns, YamlTexts(node, what));
    rule.pieces = JoinColumns(columns, separator);
    if (rule.pieces.empty()) return YamlError(node, absl::StrCat(what, " names no column"));
    return rule;
  }
  WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, what));
  WM_ASSIGN_OR_RETURN(rule, TakeField(&section, what, separator));
  if (is_money) {
    WM_ASSIGN_OR_RETURN(rule.currency, YamlText(section.Take("currency"), "currency"));
  }
  WM_RETURN_IF_ERROR(section.Finish());
  return rule;
}

absl::Status ParseCsv(const YAML::Node& node, CsvOptions* csv) {
  if (!node.IsDefined()) return absl::OkStatus();
  WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, "csv"));
  if (section.Has("delimiter")) {
    const YAML::Node value = section.Take("delimiter");
    WM_ASSIGN_OR_RETURN(const std::string text, YamlText(value, "delimiter"));
    if (text == "tab") {
      csv->delimiter = '\t';
    } else if (text.size() == 1 && text[0] != '"' && text[0] != '\n') {
      csv->delimiter = text[0];
    } else if (text != "auto") {
      return YamlError(value,
                       absl::StrCat("delimiter '", text, "' must be one character, tab or auto"));
    }
  }
  if (section.Has("encoding")) {
    const YAML::Node value = section.Take("encoding");
    WM_ASSIGN_OR_RETURN(const std::string text, YamlText(value, "encoding"));
    if (text == "windows-1252" || text == "latin-1") {
      csv->encoding = Encoding::kWindows1252;
    } else if (text != "utf-8") {
      return YamlError(
          value, absl::StrCat("encoding '", text, "' must be utf-8, windows-1252 or latin-1"));
    }
  }
  section.Take("delimiter");
  section.Take("encoding");
  return section.Finish();
}

absl::StatusOr<EventTimeRule> ParseEventTimeRule(const YAML::Node& node) {
  EventTimeRule rule;
  std::vector<std::string> formats;
  std::string zone;
  if (node.IsMap()) {
    WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, "event_time"));
    WM_ASSIGN_OR_RETURN(rule.value, TakeField(&section, "event_time", " "));
    WM_ASSIGN_OR_RETURN(formats, YamlTexts(section.Take("formats"), "formats"));
    if (section.Has("zone")) {
      WM_ASSIGN_OR_RETURN(zone, YamlText(section.Take("zone"), "zone"));
    }
    section.Take("zone");
    WM_ASSIGN_OR_RETURN(rule.if_columns, YamlTexts(section.Take("if_columns"), "if_columns"));
    WM_RETURN_IF_ERROR(section.Finish());
  } else {
    WM_ASSIGN_OR_RETURN(rule.value, ParseField(node, "event_time", " "));
  }
  absl::StatusOr<TimeParser> parser = TimeParser::Create(formats, zone);
  if (!parser.ok()) return YamlError(node, absl::StrCat("event_time: ", parser.status().message()));
  rule.parser = *std::move(parser);
  return rule;
}

absl::Status ParseEventTime(const YAML::Node& node, std::vector<EventTimeRule>* rules) {
  const bool is_list_of_rules = node.IsSequence() && node.size() > 0 && node[0].IsMap();
  if (!is_list_of_rules) {
    WM_ASSIGN_OR_RETURN(rules->emplace_back(), ParseEventTimeRule(node));
    return absl::OkStatus();
  }
  for (const YAML::Node& item : node) {
    WM_ASSIGN_OR_RETURN(rules->emplace_back(), ParseEventTimeRule(item));
  }
  return absl::OkStatus();
}

absl::StatusOr<feedback::v1::Scale> ParseScale(const YAML::Node& node) {
  feedback::v1::Scale scale;
  WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, "scale"));
  for (const char* end : {"min", "max"}) {
    if (!section.Has(end)) return YamlError(node, "scale needs `min` and `max`");
    const YAML::Node value = section.Take(end);
    WM_ASSIGN_OR_RETURN(const std::string text, YamlText(value, end));
    const absl::StatusOr<double> number = ParseNumber(text);
    if (!number.ok()) return YamlError(value, number.status().message());
    absl::string_view(end) == "min" ? scale.set_min(*number) : scale.set_max(*number);
  }
  if (scale.min() >= scale.max()) {
    return YamlError(node,
                     absl::StrCat("scale: min ", scale.min(), " must be below max ", scale.max()));
  }
  WM_ASSIGN_OR_RETURN(const bool lower,
                      ParseFlag(section.Take("lower_is_better"), "lower_is_better"));
  scale.set_lower_is_better(lower);
  WM_RETURN_IF_ERROR(section.Finish());
  return scale;
}

absl::StatusOr<QuestionType> ParseType(const YAML::Node& owner, const YAML::Node& node) {
  QuestionType type = feedback::v1::QUESTION_TYPE_UNSPECIFIED;
  std::string text;
  if (node.IsDefined()) {
    WM_ASSIGN_OR_RETURN(text, YamlText(node, "type"));
  }
  if (!feedback::v1::QuestionType_Parse(absl::StrCat("QUESTION_TYPE_", absl::AsciiStrToUpper(text)),
                                        &type) ||
      type == feedback::v1::QUESTION_TYPE_UNSPECIFIED) {
    return YamlError(node.IsDefined() ? node : owner,
                     absl::StrCat("type '", text,
                                  "' of a question must be nps, csat, ces, rating, choice, "
                                  "multiple_choice, ranking, matrix, text, boolean or date"));
  }
  return type;
}

// The rows of a matrix: {row id: column}, with what their raw values mean.
absl::Status TakeRows(YamlSection* section, QuestionRule* question) {
  const YAML::Node node = section->Take("rows");
  WM_ASSIGN_OR_RETURN(const auto entries, YamlEntries(node, "rows"));
  if (entries.empty()) {
    return YamlError(section->node(), "a question of type matrix needs `rows: {row id: column}`");
  }
  FieldRule rule;
  WM_RETURN_IF_ERROR(TakeMeaning(section, &rule));
  for (const auto& [id, column] : entries) {
    WM_ASSIGN_OR_RETURN(const std::string name, YamlText(column, "a column of `rows`"));
    rule.pieces = {{Piece::Kind::kColumn, name}};
    question->rows.emplace_back(id, rule);
  }
  return absl::OkStatus();
}

absl::Status TakeAnswer(YamlSection* section, QuestionRule* rule) {
  if (rule->type == feedback::v1::QUESTION_TYPE_MATRIX) return TakeRows(section, rule);
  const bool several = rule->type == feedback::v1::QUESTION_TYPE_MULTIPLE_CHOICE ||
                       rule->type == feedback::v1::QUESTION_TYPE_RANKING;
  WM_ASSIGN_OR_RETURN(rule->answer, TakeField(section, "a question", several ? ";" : " "));
  if (rule->type != feedback::v1::QUESTION_TYPE_DATE) return absl::OkStatus();
  const YAML::Node node = section->Take("formats");
  WM_ASSIGN_OR_RETURN(const std::vector<std::string> formats, YamlTexts(node, "formats"));
  absl::StatusOr<TimeParser> parser = TimeParser::Create(formats, "UTC");
  if (!parser.ok()) return YamlError(node, parser.status().message());
  rule->dates = *std::move(parser);
  return absl::OkStatus();
}

absl::StatusOr<QuestionRule> ParseQuestion(const YAML::Node& node) {
  QuestionRule rule;
  WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, "a question"));
  WM_ASSIGN_OR_RETURN(rule.type, ParseType(node, section.Take("type")));
  WM_RETURN_IF_ERROR(TakeAnswer(&section, &rule));
  const YAML::Node id = section.Take("id");
  if (id.IsDefined()) {
    WM_ASSIGN_OR_RETURN(rule.id.pieces, ParseTemplate(id, "id"));
  } else if (rule.answer.pieces.size() == 1) {
    rule.id.pieces = {{Piece::Kind::kText, rule.answer.pieces[0].text}};
  }
  if (rule.id.empty()) return YamlError(node, "a question of several columns needs an `id`");
  if (section.Has("text")) {
    WM_ASSIGN_OR_RETURN(rule.text.pieces, ParseTemplate(section.Take("text"), "text"));
  }
  if (section.Has("version")) {
    WM_ASSIGN_OR_RETURN(rule.version.pieces, ParseTemplate(section.Take("version"), "version"));
  }
  if (section.Has("touchpoint")) {
    WM_ASSIGN_OR_RETURN(rule.touchpoint, YamlText(section.Take("touchpoint"), "touchpoint"));
  }
  if (section.Has("scale")) {
    WM_ASSIGN_OR_RETURN(rule.scale, ParseScale(section.Take("scale")));
  } else if (rule.type == feedback::v1::QUESTION_TYPE_RATING) {
    return YamlError(node, "a question of type rating needs a `scale: {min, max}`");
  }
  WM_ASSIGN_OR_RETURN(rule.not_applicable,
                      ParseSet(section.Take("not_applicable"), "not_applicable"));
  for (const char* key : {"text", "version", "touchpoint", "scale"}) section.Take(key);
  WM_RETURN_IF_ERROR(section.Finish());
  return rule;
}

/// Reads the sections of one mapping into it.
class MappingParser {
 public:
  absl::StatusOr<Mapping> Parse(const YAML::Node& root) {
    WM_ASSIGN_OR_RETURN(YamlSection top, YamlSection::Of(root, "the mapping"));
    WM_RETURN_IF_ERROR(ParseKind(&top));
    WM_RETURN_IF_ERROR(ParseOrigin(&top));
    WM_RETURN_IF_ERROR(ParseIdentity(&top));
    WM_RETURN_IF_ERROR(ParseSignalFields(&top));
    WM_RETURN_IF_ERROR(ParseKindFields(&top));
    WM_RETURN_IF_ERROR(ParseAttributes(top.Take("attributes")));
    WM_RETURN_IF_ERROR(ParseQuestions(&top));
    WM_RETURN_IF_ERROR(ParseSkip(top.Take("skip")));
    WM_RETURN_IF_ERROR(top.Finish());
    return std::move(mapping_);
  }

 private:
  absl::Status ParseKind(YamlSection* top) {
    const YAML::Node node = top->Take("kind");
    std::string name;
    if (node.IsDefined()) {
      WM_ASSIGN_OR_RETURN(name, YamlText(node, "kind"));
    }
    for (const KindName& kind : Kinds()) {
      if (name == kind.name) kind_ = &kind;
    }
    if (kind_ == nullptr) {
      return YamlError(
          node.IsDefined() ? node : top->node(),
          absl::StrCat("kind '", name, "' must be survey, interaction, chat, social or staff"));
    }
    mapping_.kind = kind_->kind;
    return absl::OkStatus();
  }

  absl::Status ParseOrigin(YamlSection* top) {
    const YAML::Node source = top->Take("source");
    if (source.IsDefined()) {
      WM_ASSIGN_OR_RETURN(mapping_.source, YamlText(source, "source"));
      if (!IsValidId(mapping_.source)) {
        return YamlError(source, absl::StrCat("source '", mapping_.source,
                                              "' must be 1-128 of A-Z a-z 0-9 _ . ~ : @ -"));
      }
    }
    WM_RETURN_IF_ERROR(ParseCsv(top->Take("csv"), &mapping_.csv));
    WM_ASSIGN_OR_RETURN(const auto aliases, YamlEntries(top->Take("aliases"), "aliases"));
    for (const auto& [name, others] : aliases) {
      WM_ASSIGN_OR_RETURN(mapping_.aliases[name], YamlTexts(others, "aliases"));
    }
    const YAML::Node time = top->Take("event_time");
    if (!time.IsDefined()) {
      return YamlError(top->node(),
                       "event_time is missing: name the column(s) that say when it "
                       "happened; import time is never taken for it");
    }
    return ParseEventTime(time, &mapping_.event_time);
  }

  absl::Status ParseIdentity(YamlSection* top) {
    const YAML::Node group = top->Take("group_by");
    WM_ASSIGN_OR_RETURN(mapping_.group_by, ParseField(group, "group_by", "/"));
    if (group.IsDefined() && mapping_.kind != Signal::kSurveyResponse) {
      return YamlError(group, "group_by is for surveys: several rows form one submission");
    }
    const YAML::Node id = top->Take("external_id");
    const bool is_hash = id.IsDefined() && id.IsScalar() && id.Scalar() == "hash";
    if (is_hash && group.IsDefined()) {
      return YamlError(id,
                       "external_id: hash does not go with group_by: a submission's rows differ");
    }
    if (is_hash) return absl::OkStatus();
    if (!id.IsDefined() && !group.IsDefined()) {
      return YamlError(top->node(),
                       "external_id is missing: name the column(s) that identify a row, "
                       "or say `hash`");
    }
    WM_ASSIGN_OR_RETURN(mapping_.external_id,
                        ParseField(id.IsDefined() ? id : group, "external_id", "/"));
    return absl::OkStatus();
  }

  absl::Status ParseSignalFields(YamlSection* top) {
    for (const char* name : {"customer", "account", "touchpoint", "revision", "sequence"}) {
      const YAML::Node node = top->Take(name);
      FieldBinding binding;
      binding.field = Signal::descriptor()->FindFieldByName(name);
      WM_ASSIGN_OR_RETURN(binding.rule, ParseField(node, name, "/"));
      if (node.IsDefined() || binding.field->number() == Signal::kCustomerFieldNumber) {
        mapping_.signal_fields.push_back(std::move(binding));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ParseKindFields(YamlSection* top) {
    const auto* message = Signal::descriptor()->FindFieldByNumber(mapping_.kind)->message_type();
    const YAML::Node node = top->Take(kind_->name);
    if (!node.IsDefined() && kind_->required.empty()) return absl::OkStatus();
    if (!node.IsDefined()) {
      return YamlError(top->node(), absl::StrCat("`", kind_->name, ":` is missing, with at least ",
                                                 *kind_->required.begin()));
    }
    WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, kind_->name));
    for (int i = 0; i < message->field_count(); ++i) {
      WM_RETURN_IF_ERROR(ParseKindField(*message->field(i), &section));
    }
    return section.Finish();
  }

  absl::Status ParseKindField(const google::protobuf::FieldDescriptor& field,
                              YamlSection* section) {
    if (!IsSettable(field)) return absl::OkStatus();
    const YAML::Node node = section->Take(field.name());
    FieldBinding binding{.field = &field, .required = kind_->required.contains(field.name())};
    if (!node.IsDefined()) {
      if (!binding.required) return absl::OkStatus();
      return YamlError(section->node(), absl::StrCat(kind_->name, " needs `", field.name(), "`"));
    }
    const bool is_money =
        field.message_type() != nullptr && field.message_type()->name() == "Money";
    WM_ASSIGN_OR_RETURN(binding.rule, ParseField(node, field.name(), "/", is_money));
    if (is_money && binding.rule.currency.size() != 3) {
      return YamlError(node,
                       absl::StrCat(field.name(), " needs {column: …, currency: EUR} (ISO 4217)"));
    }
    mapping_.kind_fields.push_back(std::move(binding));
    return absl::OkStatus();
  }

  absl::Status ParseAttributes(const YAML::Node& node) {
    WM_ASSIGN_OR_RETURN(const auto entries, YamlEntries(node, "attributes"));
    for (const auto& [key, rule] : entries) {
      WM_ASSIGN_OR_RETURN(FieldRule parsed, ParseField(rule, key, " "));
      mapping_.attributes.emplace_back(key, std::move(parsed));
    }
    return absl::OkStatus();
  }

  absl::Status ParseQuestions(YamlSection* top) {
    const YAML::Node node = top->Take("questions");
    const bool is_survey = mapping_.kind == Signal::kSurveyResponse;
    const bool is_chat = mapping_.kind == Signal::kChatMessage;
    if (!node.IsDefined() && !is_survey) return absl::OkStatus();
    if (!is_survey && !is_chat) {
      return YamlError(node, "questions are for surveys and chats only");
    }
    if (!node.IsDefined() || !node.IsSequence() || node.size() == 0) {
      return YamlError(node.IsDefined() ? node : top->node(),
                       "a survey needs `questions:`, a list with one at least");
    }
    if (is_chat && node.size() > 1) {
      return YamlError(node, "a chat has one question, by which customers rate it");
    }
    std::set<std::string> ids;
    for (const YAML::Node& item : node) {
      WM_ASSIGN_OR_RETURN(QuestionRule question, ParseQuestion(item));
      std::string id;
      for (const Piece& piece : question.id.pieces) absl::StrAppend(&id, piece.text);
      if (!ids.insert(id).second) {
        return YamlError(item, absl::StrCat("the question '", id, "' is there twice"));
      }
      mapping_.questions.push_back(std::move(question));
    }
    return absl::OkStatus();
  }

  absl::Status ParseSkip(const YAML::Node& node) {
    if (!node.IsDefined()) return absl::OkStatus();
    if (!node.IsSequence()) return YamlError(node, "skip must be a list of {column, values}");
    for (const YAML::Node& item : node) {
      WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(item, "skip"));
      const YAML::Node column = section.Take("column");
      const YAML::Node values = section.Take("values");
      if (!column.IsDefined() || !values.IsDefined()) {
        return YamlError(item, "skip needs {column: C, values: [...]}");
      }
      SkipRule rule;
      WM_ASSIGN_OR_RETURN(rule.column, ParseField(column, "skip", " "));
      WM_ASSIGN_OR_RETURN(rule.values, ParseSet(values, "values"));
      WM_RETURN_IF_ERROR(section.Finish());
      mapping_.skip.push_back(std::move(rule));
    }
    return absl::OkStatus();
  }

  Mapping mapping_;
  const KindName* kind_ = nullptr;
};

absl::StatusOr<Mapping> ParseYaml(const std::string& yaml,
                                  const std::vector<Mapping::Override>& overrides) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap()) return YamlError(root, "a mapping is a map of `key: value`");
    for (const auto& [path, value] : overrides) {
      WM_RETURN_IF_ERROR(OverrideYaml(root, path, value));
    }
    return MappingParser().Parse(root);
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(absl::StrCat("line ", e.mark.line + 1, ": ", e.msg));
  }
}

}  // namespace

absl::StatusOr<Mapping> Mapping::Parse(absl::string_view yaml, absl::string_view name,
                                       const std::vector<Override>& overrides) {
  absl::StatusOr<Mapping> mapping = ParseYaml(std::string(yaml), overrides);
  if (!mapping.ok()) return Annotate(mapping.status(), absl::StrCat("mapping '", name, "'"));
  return mapping;
}

absl::StatusOr<Mapping> Mapping::Load(absl::string_view path,
                                      const std::vector<Override>& overrides) {
  constexpr size_t kMaxMapping = 4 << 20;
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file, InputFile::Open(path));
  std::string yaml;
  WM_RETURN_IF_ERROR(file->Read(kMaxMapping, &yaml));
  WM_RETURN_IF_ERROR(CheckIsText(path, yaml));
  return Parse(yaml, path, overrides);
}

}  // namespace waymark::importers
