#include "services/scoring/question_versions.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace waymark::scoring {
namespace {

// By form, then by wording; a wording of 0 is none, and comes first.
using Grouped = std::map<uint64_t, std::map<uint64_t, QuestionVersion>>;

Grouped Group(const EvidenceData& data, const std::vector<bool>& chosen) {
  Grouped grouped;
  for (uint32_t i = 0; i < data.questions.size(); ++i) {
    if (!chosen[i]) continue;
    const Question& question = data.questions[i];
    QuestionVersion& version = grouped[question.form][question.wording];
    version.kind = question.kind;
    version.scale = question.scale;
    version.source_version = question.version;
    version.text = question.text;
    version.questions.push_back(i);
  }
  return grouped;
}

void JoinUnworded(std::map<uint64_t, QuestionVersion>* wordings) {
  const auto unworded = wordings->find(0);
  if (unworded == wordings->end() || wordings->size() != 2) return;
  std::vector<uint32_t>& questions = wordings->rbegin()->second.questions;
  questions.insert(questions.end(), unworded->second.questions.begin(),
                   unworded->second.questions.end());
  wordings->erase(unworded);
}

void CountAnswers(const EvidenceData& data, const RowFilter& filter,
                  std::vector<QuestionVersion>* versions) {
  std::vector<QuestionVersion*> version_of(data.questions.size(), nullptr);
  for (QuestionVersion& version : *versions) {
    for (const uint32_t question : version.questions) version_of[question] = &version;
  }
  for (const RatingRow& row : data.ratings) {
    QuestionVersion* version = version_of[row.question];
    if (!row.counts || !row.rated || version == nullptr) continue;
    version->first_micros = std::min(version->first_micros, row.time_micros);
    const Id source = data.questions[row.question].source;
    if (filter.Takes(source, row.attributes, row.time_micros)) ++version->answers;
  }
}

}  // namespace

std::vector<QuestionVersion> VersionsOf(const EvidenceData& data, const std::vector<bool>& chosen,
                                        const RowFilter& filter) {
  std::vector<QuestionVersion> versions;
  Grouped grouped = Group(data, chosen);
  for (auto& [form, wordings] : grouped) {
    JoinUnworded(&wordings);
    for (auto& [wording, version] : wordings) {
      version.id = absl::StrCat(absl::Hex((form ^ (wording * 31)) >> 32, absl::kZeroPad8));
      versions.push_back(std::move(version));
    }
  }
  CountAnswers(data, filter, &versions);
  const auto rank = [](const QuestionVersion& version) {
    return std::tuple(version.begun(), version.first_micros, absl::string_view(version.id));
  };
  std::sort(versions.begin(), versions.end(),
            [&](const auto& a, const auto& b) { return rank(a) > rank(b); });
  return versions;
}

}  // namespace waymark::scoring
