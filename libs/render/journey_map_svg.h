#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waymark::render {

/// The experience score of one step, 1-100, with its interval.
struct StepScore {
  double value = 0;
  double lower = 0;
  double upper = 0;
  int64_t n = 0;
  /// Too few answers to show: the step is drawn hollow, without value, on its neighbours' line.
  bool suppressed = false;
};

/// One column of the map. Empty texts and lists draw nothing; a lane that is empty in all steps is
/// left out.
struct StepPicture {
  std::string name;
  std::string touchpoint;
  std::string channel;
  /// What the customer wants from this step, and what they do.
  std::string goal;
  std::string doing;
  std::optional<StepScore> score;
  /// Score minus baseline, in points.
  std::optional<double> baseline_delta;
  /// Significantly below the baseline, as the caller has tested it. Only this is drawn red.
  bool pain_point = false;
  /// Why the step is (or is not) below: one or two sentences.
  std::string reason;
  /// Short quotes of customers, redacted, without quotation marks; the first two are drawn.
  std::vector<std::string> quotes;
  /// Priorities and actions that concern this step, short; the first three are drawn.
  std::vector<std::string> opportunities;
  /// What staff observed.
  std::string staff_note;
};

struct StagePicture {
  std::string name;
  std::vector<StepPicture> steps;
};

enum class MapKind { kAsIs, kToBe };

/// What the signs of the map mean, in the words of the caller's score definition.
struct MapLegend {
  std::string interval = "95 % confidence interval";
  std::string above = "At or above baseline";
  std::string below = "Below baseline, not significant";
  std::string pain_point = "Below baseline (pain point)";
  /// Also the label of a suppressed point.
  std::string suppressed = "n<10";
};

/// Everything on the picture. All texts are UTF-8 and may be hostile: they are cleaned and escaped.
struct JourneyMapPicture {
  std::string title;
  std::string persona;
  std::string purpose;
  MapKind kind = MapKind::kAsIs;
  int64_t revision = 0;  ///< 0: not shown.
  std::string owner;
  std::string review_date;
  std::vector<StagePicture> stages;
  std::optional<double> baseline;
  /// What the baseline is, e.g. "journey mean".
  std::string baseline_label;
  MapLegend legend;
  /// State of the data, e.g. "2026-10-01 12:00 UTC, position 48213".
  std::string as_of;
  /// How the score is defined, e.g. "Experience score v1: mean over customers ...".
  std::string definition;
};

struct RenderOptions {
  /// Wanted width in pixels; the map is wider when the steps' columns need it.
  double width = 1760;
  double min_step_width = 130;
  /// Prefix of the ids in the document, so that several pictures fit into one HTML page. Letters,
  /// digits and '-'.
  std::string id_prefix = "waymark-map";
};

/// `picture` as a self-contained SVG document (UTF-8, no scripts, no external references): stages,
/// steps, touchpoints, the experience curve with intervals and baseline, pain points, quotes, staff
/// notes, opportunities, legend and footer. The same input gives the same bytes. Texts that do not
/// fit are cut with an ellipsis and stand in full in a tooltip. Scores that are not finite count as
/// absent.
std::string RenderJourneyMapSvg(const JourneyMapPicture& picture,
                                const RenderOptions& options = {});

}  // namespace waymark::render
