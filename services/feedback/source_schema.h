#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "waymark/feedback/v1/signal.pb.h"
#include "waymark/feedback/v1/source.pb.h"

namespace waymark::feedback {

/// How many questions' versions and activities are kept of a source, together.
inline constexpr int kMaxSchemaItems = 5000;

/// SOURCE_KIND_UNSPECIFIED for a signal without a kind. Pure.
v1::SourceKind SourceKindOf(const v1::Signal& signal);

/// How often something was seen, and when (record times in microseconds since 1970).
struct Sightings {
  int64_t count = 0;
  int64_t first = 0;
  int64_t last = 0;
};

/// What a part of the feed teaches of one source, each in the order of first sight.
struct LearnedSource {
  struct Question {
    /// Hash of everything that makes it this version of its question; the same in every process.
    uint64_t fingerprint = 0;
    /// Question, text, type, scale and source_version.
    v1::QuestionVersion version;
    Sightings answers;
  };
  struct Activity {
    std::string activity;
    Sightings signals;
  };
  struct Kind {
    v1::SourceKind kind = v1::SOURCE_KIND_UNSPECIFIED;
    Sightings signals;
  };

  std::string tenant;
  std::string source;
  std::deque<Question> questions;
  std::deque<Activity> activities;
  std::deque<Kind> kinds;
  /// There were more than kMaxSchemaItems.
  bool truncated = false;
};

/// Learns from signals, in the order of the feed, what their sources send: the versions of
/// questions, activities and kinds. Only answers with a value teach: one that was left blank does
/// not say what it would have been. A type that is not stated follows from the value, a scale that
/// is not given is that of the type. Where everything was seen before it allocates nothing. Not
/// thread-safe.
class SchemaLearner {
 public:
  SchemaLearner();

  /// A signal that was recorded or revised; a tombstone teaches nothing. `record_time` is in
  /// microseconds since 1970.
  void Observe(absl::string_view tenant, const v1::Signal& signal, int64_t record_time);

  /// What was learned since the last Clear, by tenant and source.
  std::vector<const LearnedSource*> Sources() const;

  /// Forgets it.
  void Clear();

 private:
  struct Source {
    LearnedSource learned;
    std::array<Sightings*, v1::SourceKind_ARRAYSIZE> kinds = {};
    /// Of questions and activities, by fingerprint.
    absl::flat_hash_map<uint64_t, Sightings*> items;
  };
  struct Scale {
    bool known = false;
    double min = 0;
    double max = 0;
    bool lower_is_better = false;
  };

  Source& Find(absl::string_view tenant, absl::string_view source);
  void ObserveAnswer(Source& source, const v1::Answer& answer, v1::QuestionType standard_type,
                     int64_t record_time) const;
  static void ObserveActivity(Source& source, const std::string& activity, int64_t record_time);
  static void ObserveKind(Source& source, v1::SourceKind kind, int64_t record_time);
  Scale ScaleFor(const v1::Answer& answer, v1::QuestionType type) const;

  std::deque<Source> sources_;
  /// Views into sources_.
  absl::flat_hash_map<std::pair<absl::string_view, absl::string_view>, Source*> by_name_;
  /// The source of the last signal: most come from the same as the one before.
  Source* last_ = nullptr;
  std::array<Scale, v1::QuestionType_ARRAYSIZE> standard_scales_;
};

/// What is known of a source so far.
struct KnownSchema {
  struct Question {
    v1::QuestionVersion version;
    /// When it was first seen, or first seen again after it had been forgotten.
    absl::Time listed_since;
  };
  struct Kind {
    v1::SourceKind kind = v1::SOURCE_KIND_UNSPECIFIED;
    int64_t signals = 0;
    absl::Time first_seen;
    absl::Time last_seen;
  };

  /// By question and version; without those that are forgotten.
  std::vector<Question> questions;
  /// By name.
  std::vector<v1::ActivityUse> activities;
  /// In the order of first sight.
  std::vector<Kind> kinds;
  bool truncated = false;
};

}  // namespace waymark::feedback
