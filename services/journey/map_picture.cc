#include "services/journey/map_picture.h"

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace waymark::journey {
namespace {

template <typename Resource>
std::string Label(const Resource& resource, absl::string_view id) {
  return resource.display_name().empty() ? std::string(id) : resource.display_name();
}

absl::string_view LastSegment(absl::string_view name) { return name.substr(name.rfind('/') + 1); }

class PictureMaker {
 public:
  PictureMaker(const MapWithParts& parts, const v1::MapOverlay& overlay) {
    if (overlay.has_baseline() && !overlay.baseline().suppressed()) {
      baseline_ = overlay.baseline().value();
    }
    for (const v1::Touchpoint& touchpoint : parts.touchpoints) {
      touchpoints_[LastSegment(touchpoint.name())] = &touchpoint;
    }
    for (const v1::StepOverlay& step : overlay.steps()) overlays_[step.step()] = &step;
  }

  std::optional<double> baseline() const { return baseline_; }

  render::StepPicture Draw(const v1::Step& step) const {
    render::StepPicture picture;
    picture.name = Label(step, step.id());
    picture.doing = step.doing();
    picture.goal = step.expectation();
    if (const auto it = touchpoints_.find(step.touchpoint()); it != touchpoints_.end()) {
      picture.touchpoint = Label(*it->second, step.touchpoint());
      picture.channel = it->second->channel();
    }
    if (const auto it = overlays_.find(step.id()); it != overlays_.end()) {
      LayOver(*it->second, &picture);
    }
    return picture;
  }

 private:
  void LayOver(const v1::StepOverlay& step, render::StepPicture* picture) const {
    const common::v1::Estimate& score = step.score();
    if (step.has_score()) {
      picture->score = render::StepScore{.value = score.value(),
                                         .lower = score.lower(),
                                         .upper = score.upper(),
                                         .n = score.n(),
                                         .suppressed = score.suppressed()};
      if (baseline_ && !score.suppressed()) {
        picture->baseline_delta = score.value() - *baseline_;
      }
    }
    picture->pain_point = step.pain_point();
    picture->reason = step.reason();
    picture->quotes.assign(step.quotes().begin(), step.quotes().end());
    picture->opportunities.assign(step.actions().begin(), step.actions().end());
    picture->staff_note = step.staff_note();
  }

  std::optional<double> baseline_;
  absl::flat_hash_map<absl::string_view, const v1::Touchpoint*> touchpoints_;
  absl::flat_hash_map<absl::string_view, const v1::StepOverlay*> overlays_;
};

}  // namespace

render::JourneyMapPicture MakePicture(const MapWithParts& parts, const v1::MapOverlay& overlay) {
  const v1::JourneyMap& map = parts.map;
  render::JourneyMapPicture picture;
  picture.title = Label(map, LastSegment(map.name()));
  if (parts.persona) picture.persona = Label(*parts.persona, LastSegment(parts.persona->name()));
  picture.purpose = map.purpose();
  picture.kind =
      map.kind() == v1::JourneyMap::KIND_TO_BE ? render::MapKind::kToBe : render::MapKind::kAsIs;
  picture.revision = map.revision();
  picture.owner = map.owner();
  picture.review_date = map.review_date();
  const PictureMaker maker(parts, overlay);
  picture.baseline = maker.baseline();
  picture.baseline_label = overlay.baseline_label();
  picture.as_of = overlay.as_of();
  for (const v1::Stage& stage : map.stages()) {
    render::StagePicture& drawn = picture.stages.emplace_back();
    drawn.name = Label(stage, stage.id());
    for (const v1::Step& step : stage.steps()) drawn.steps.push_back(maker.Draw(step));
  }
  return picture;
}

}  // namespace waymark::journey
