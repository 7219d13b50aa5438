#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/csv_reader.h"
#include "libs/importers/mapping.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::importers {

/// Applies a mapping to the rows of one file. Not thread-safe.
class RowMapper {
 public:
  /// Finds the mapping's columns in `header`. `source` and `case_column`, when not empty, take the
  /// place of the mapping's source and customer. INVALID_ARGUMENT: there is no source, or a column
  /// that the mapping names is missing or there twice; the message lists the file's columns.
  static absl::StatusOr<RowMapper> Create(Mapping mapping, const std::vector<std::string>& header,
                                          absl::string_view source, absl::string_view case_column);

  /// Whether the mapping's `skip` leaves the row out, or it holds nothing at all.
  bool Skips(const CsvRecord& record) const;

  /// Makes *signal, whose memory is reused, of a well-formed row; external_id stays empty when it
  /// is to be a hash. INVALID_ARGUMENT: the message names everything that is wrong.
  absl::Status Map(const CsvRecord& record, feedback::v1::Signal* signal);

  /// Whether rows form submissions, and the row's key among them; empty: it has none.
  bool groups() const { return !mapping_.group_by.empty(); }
  std::string GroupKey(const CsvRecord& record) const;

  /// What the hash that stands for an external id is made of: every mapped column with its value.
  std::string Content(const CsvRecord& record) const;

  std::vector<std::string> warnings() const;

 private:
  explicit RowMapper(Mapping mapping) : mapping_(std::move(mapping)) {}

  std::string Raw(const FieldRule& rule, const CsvRecord& record) const;
  std::string Value(const FieldRule& rule, const CsvRecord& record) const;
  void MapFields(const std::vector<FieldBinding>& bindings, const CsvRecord& record,
                 google::protobuf::Message* message, std::vector<std::string>* problems);
  void MapEventTime(const CsvRecord& record, feedback::v1::Signal* signal,
                    std::vector<std::string>* problems);
  using Answers = google::protobuf::RepeatedPtrField<feedback::v1::Answer>;
  void MapAnswer(QuestionRule& question, const CsvRecord& record, Answers* answers,
                 std::vector<std::string>* problems);
  absl::Status SetAnswerValue(QuestionRule& question, absl::string_view raw,
                              feedback::v1::Answer* answer) const;
  /// False: the row has no answer to any row of the matrix.
  bool MapMatrix(const QuestionRule& question, const CsvRecord& record,
                 feedback::v1::Answer* answer, std::vector<std::string>* problems) const;
  void MapRating(const CsvRecord& record, feedback::v1::ChatMessage* chat,
                 std::vector<std::string>* problems);
  void CheckSize(const CsvRecord& record, const feedback::v1::Signal& signal,
                 std::vector<std::string>* problems) const;

  Mapping mapping_;
  /// The mapped columns and where they stand, by name.
  std::vector<std::pair<std::string, int>> columns_;
};

}  // namespace waymark::importers
