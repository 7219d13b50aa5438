#include "libs/render/map_frame.h"

#include <algorithm>

namespace waymark::render {

MapFrame MakeMapFrame(const JourneyMapPicture& picture, const RenderOptions& options) {
  constexpr double kNarrowest = 820, kSlimmestStep = 120, kWidestStep = 300;
  MapFrame frame;
  for (size_t stage = 0; stage < picture.stages.size(); ++stage) {
    const std::vector<StepPicture>& steps = picture.stages[stage].steps;
    if (steps.empty()) frame.columns.push_back({stage, nullptr});
    for (const StepPicture& step : steps) frame.columns.push_back({stage, &step});
  }
  const double margins = frame.left() + MapFrame::kMargin;
  frame.width = std::max(options.width, kNarrowest);
  if (frame.columns.empty()) return frame;
  const double count = static_cast<double>(frame.columns.size());
  const double slimmest = std::clamp(options.min_step_width, kSlimmestStep, kWidestStep);
  frame.column_width = std::clamp((frame.width - margins) / count, slimmest, kWidestStep);
  frame.column_width = std::max(frame.column_width, (kNarrowest - margins) / count);
  frame.width = frame.right() + MapFrame::kMargin;
  return frame;
}

}  // namespace waymark::render
