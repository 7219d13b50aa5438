#include "services/feedback/placement.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace waymark::feedback {
namespace {

constexpr unsigned kSource = 1, kQuestion = 2, kActivity = 4, kChannel = 8;

absl::string_view ChannelOf(const v1::Signal& signal) {
  switch (signal.kind_case()) {
    case v1::Signal::kInteraction:
      return signal.interaction().channel();
    case v1::Signal::kSocialMention:
      return signal.social_mention().network();
    case v1::Signal::kChatMessage:
      return "chat";
    default:
      return "";
  }
}

void AddPlacement(absl::string_view touchpoint, absl::string_view question,
                  v1::Enrichment* enrichment) {
  v1::Placement* placement = enrichment->add_placements();
  placement->set_touchpoint(std::string(touchpoint));
  placement->set_question(std::string(question));
}

}  // namespace

PlacementEngine::PlacementEngine(const v1::TouchpointCatalogue& catalogue)
    : revision_(catalogue.revision()) {
  for (const v1::PlacementRule& rule : catalogue.rules()) {
    const Fields fields = {rule.source(), rule.question(), rule.activity(), rule.channel()};
    const unsigned mask =
        (fields.source.empty() ? 0 : kSource) | (fields.question.empty() ? 0 : kQuestion) |
        (fields.activity.empty() ? 0 : kActivity) | (fields.channel.empty() ? 0 : kChannel);
    std::vector<Group>& groups = (mask & kQuestion) != 0 ? answer_groups_ : signal_groups_;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& one) { return one.mask == mask; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{mask, {}});
    group->first_rule.try_emplace(KeyOf(mask, fields), static_cast<int>(touchpoints_.size()));
    touchpoints_.push_back(rule.touchpoint());
  }
}

std::string PlacementEngine::KeyOf(unsigned mask, const Fields& fields) {
  std::string key;
  const auto add = [&](unsigned bit, absl::string_view field) {
    if ((mask & bit) != 0) absl::StrAppend(&key, field.size(), ":", field);
  };
  add(kSource, fields.source);
  add(kQuestion, fields.question);
  add(kActivity, fields.activity);
  add(kChannel, fields.channel);
  return key;
}

const std::string* PlacementEngine::Find(const std::vector<Group>& groups,
                                         const Fields& fields) const {
  int first = static_cast<int>(touchpoints_.size());
  for (const Group& group : groups) {
    const auto it = group.first_rule.find(KeyOf(group.mask, fields));
    if (it != group.first_rule.end()) first = std::min(first, it->second);
  }
  return first < static_cast<int>(touchpoints_.size()) ? &touchpoints_[first] : nullptr;
}

v1::Enrichment PlacementEngine::Place(const v1::Signal& signal) const {
  v1::Enrichment enrichment;
  enrichment.set_catalogue_revision(revision_);
  if (signal.deleted()) return enrichment;
  const Fields fields = {.source = signal.source(),
                         .activity = signal.interaction().activity(),
                         .channel = ChannelOf(signal)};
  if (!signal.touchpoint().empty()) {
    AddPlacement(signal.touchpoint(), "", &enrichment);
  } else if (const std::string* touchpoint = Find(signal_groups_, fields)) {
    AddPlacement(*touchpoint, "", &enrichment);
  }
  for (const v1::Answer& answer : signal.survey_response().answers()) {
    PlaceAnswer(answer, fields, &enrichment);
  }
  if (signal.chat_message().has_rating()) {
    PlaceAnswer(signal.chat_message().rating(), fields, &enrichment);
  }
  return enrichment;
}

void PlacementEngine::PlaceAnswer(const v1::Answer& answer, Fields fields,
                                  v1::Enrichment* enrichment) const {
  if (!answer.touchpoint().empty()) {
    AddPlacement(answer.touchpoint(), answer.question(), enrichment);
    return;
  }
  if (answer_groups_.empty()) return;
  const auto place = [&](absl::string_view question) {
    fields.question = question;
    const std::string* touchpoint = Find(answer_groups_, fields);
    if (touchpoint != nullptr) AddPlacement(*touchpoint, question, enrichment);
  };
  place(answer.question());
  for (const v1::MatrixRow& row : answer.matrix().rows()) {
    place(absl::StrCat(answer.question(), "/", row.row()));
  }
}

bool SamePlacements(const v1::Enrichment& a, const v1::Enrichment& b) {
  return std::equal(a.placements().begin(), a.placements().end(), b.placements().begin(),
                    b.placements().end(), [](const v1::Placement& x, const v1::Placement& y) {
                      return x.touchpoint() == y.touchpoint() && x.question() == y.question();
                    });
}

}  // namespace waymark::feedback
