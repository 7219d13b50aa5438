#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/scoring/evidence.h"

namespace waymark::scoring {

/// Makes evidence for tests, a line a signal.
class EvidenceBuilder {
 public:
  using Attributes = std::vector<std::pair<std::string, std::string>>;

  /// A rating on 1-5 of `touchpoint`; the question is named after it.
  void Rate(const std::string& customer, const std::string& touchpoint, double value,
            const Attributes& attributes = {}) {
    SignalEvidence signal = New("survey", customer);
    signal.attributes = attributes;
    signal.ratings.push_back({.question = absl::StrCat("csat-", touchpoint),
                              .kind = QuestionKind::kCsat,
                              .scale = {1, 5, true},
                              .touchpoint = touchpoint,
                              .rated = true,
                              .value = value});
    evidence.Apply(signal);
  }

  void Interact(const std::string& customer, double day) {
    SignalEvidence signal = New("app", customer);
    signal.is_interaction = true;
    signal.time_micros = static_cast<int64_t>(day * 86'400e6);
    evidence.Apply(signal);
  }

  void Observe(const std::string& customer, Stance stance, double day) {
    SignalEvidence signal = New("staff", customer);
    signal.stance = stance;
    signal.confidence = 0.8;
    signal.time_micros = static_cast<int64_t>(day * 86'400e6);
    evidence.Apply(signal);
  }

  /// Says that two customers are one, or no longer are.
  void Link(const std::string& customer, const std::string& other, bool linked = true) {
    ++links_;
    evidence.Apply(LinkEvidence{.customer = customer,
                                .linked_customer = other,
                                .linked = linked,
                                .revision = links_,
                                .customer_hash = std::hash<std::string>()(customer),
                                .linked_customer_hash = std::hash<std::string>()(other),
                                .fingerprint = static_cast<uint64_t>(-links_)});
  }

  SignalEvidence New(const std::string& source, const std::string& customer) {
    SignalEvidence signal;
    signal.source = source;
    signal.external_id = absl::StrCat(++signals_);
    signal.customer = customer;
    signal.position = absl::StrCat(absl::Dec(signals_, absl::kZeroPad8));
    signal.fingerprint = static_cast<uint64_t>(signals_);
    return signal;
  }

  Evidence evidence;

 private:
  int signals_ = 0;
  int links_ = 0;
};

}  // namespace waymark::scoring
