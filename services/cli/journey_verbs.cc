#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status_macros.h"
#include "services/cli/enum_text.h"
#include "services/cli/file_output.h"
#include "services/cli/journey_file.h"
#include "services/cli/map_overlay.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using action::v1::ActionService;
using journey::v1::JourneyMap;
using journey::v1::JourneyService;
using scoring::v1::ScoringService;

/// How the three kinds of models are read and written, so that one function applies all.
struct TouchpointCalls {
  using GetRequest = journey::v1::GetTouchpointRequest;
  using UpdateRequest = journey::v1::UpdateTouchpointRequest;
  static constexpr auto kGet = &JourneyService::StubInterface::GetTouchpoint;
  static constexpr auto kUpdate = &JourneyService::StubInterface::UpdateTouchpoint;
  static auto* Resource(UpdateRequest& request) { return request.mutable_touchpoint(); }
};
struct PersonaCalls {
  using GetRequest = journey::v1::GetPersonaRequest;
  using UpdateRequest = journey::v1::UpdatePersonaRequest;
  static constexpr auto kGet = &JourneyService::StubInterface::GetPersona;
  static constexpr auto kUpdate = &JourneyService::StubInterface::UpdatePersona;
  static auto* Resource(UpdateRequest& request) { return request.mutable_persona(); }
};
struct JourneyMapCalls {
  using GetRequest = journey::v1::GetJourneyMapRequest;
  using UpdateRequest = journey::v1::UpdateJourneyMapRequest;
  static constexpr auto kGet = &JourneyService::StubInterface::GetJourneyMap;
  static constexpr auto kUpdate = &JourneyService::StubInterface::UpdateJourneyMap;
  static auto* Resource(UpdateRequest& request) { return request.mutable_journey_map(); }
};

/// Applies resources one by one and notes what became of each.
class Applier {
 public:
  explicit Applier(Client* client) : client_(*client) {}

  template <typename Calls, typename Resource>
  absl::Status ApplyAll(absl::string_view kind, const std::vector<Resource>& resources) {
    for (const Resource& resource : resources) {
      typename Calls::GetRequest get;
      get.set_name(resource.name());
      const auto known = client_.Call(Calls::kGet, get);
      if (!known.ok() && known.status().code() != absl::StatusCode::kNotFound) {
        return known.status();
      }
      typename Calls::UpdateRequest update;
      *Calls::Resource(update) = resource;
      update.set_allow_missing(true);
      WM_ASSIGN_OR_RETURN(const auto applied, client_.Call(Calls::kUpdate, update));
      Note(kind, resource.name(),
           !known.ok()                       ? "created"
           : known->etag() == applied.etag() ? "unchanged"
                                             : "updated");
    }
    return absl::OkStatus();
  }

  Answer TakeAnswer() {
    return {Json::object({{"applied", std::move(applied_)}}), {}, std::move(table_), {}};
  }

 private:
  void Note(absl::string_view kind, const std::string& name, absl::string_view result) {
    applied_.push_back({{"name", name}, {"result", std::string(result)}});
    table_.AddRow({TextCell(kind), TextCell(IdOf(name)),
                   TextCell(result, result == "unchanged" ? Tone::kDim : Tone::kGood)});
  }

  Client& client_;
  Json applied_ = Json::array();
  Table table_{{{"kind"}, {"id"}, {"result"}}};
};

absl::Status Apply(Session& session, const std::string& path) {
  WM_ASSIGN_OR_RETURN(const JourneyFile file, LoadJourneyFile(path, session.client().tenant()));
  Applier applier(&session.client());
  // Maps refer to personas and touchpoints.
  absl::Status status = applier.ApplyAll<TouchpointCalls>("touchpoint", file.touchpoints);
  if (status.ok()) status = applier.ApplyAll<PersonaCalls>("persona", file.personas);
  if (status.ok()) status = applier.ApplyAll<JourneyMapCalls>("journey map", file.journey_maps);
  session.Print(applier.TakeAnswer());
  return status;
}

int CountSteps(const JourneyMap& map) {
  int steps = 0;
  for (const auto& stage : map.stages()) steps += stage.steps_size();
  return steps;
}

absl::Status List(Session& session) {
  journey::v1::ListJourneyMapsRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().CallForAll(&JourneyService::StubInterface::ListJourneyMaps, request));
  Table table({{"id"},
               {"name"},
               {"kind"},
               {"persona"},
               {"stages", Column::kRight},
               {"steps", Column::kRight},
               {"revision", Column::kRight},
               {"owner"},
               {"review"}});
  for (const JourneyMap& map : response.journey_maps()) {
    table.AddRow({TextCell(IdOf(map.name())), TextCell(map.display_name()),
                  TextCell(EnumText(map.kind())), TextCell(IdOf(map.persona())),
                  CountCell(map.stages_size()), CountCell(CountSteps(map)),
                  CountCell(map.revision()), TextCell(map.owner()), TextCell(map.review_date())});
  }
  std::vector<std::string> note;
  if (table.empty()) note = {"No journey maps yet; `waymark journey apply -f FILE` makes some."};
  session.Print({Json::object({{"journeyMaps", ToJsonArray(response.journey_maps())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

absl::StatusOr<JourneyMap> GetMap(Session& session, const std::string& id) {
  journey::v1::GetJourneyMapRequest request;
  request.set_name(session.Name("journeyMaps", id));
  return session.client().Call(&JourneyService::StubInterface::GetJourneyMap, request);
}

absl::Status Get(Session& session, const std::string& id) {
  WM_ASSIGN_OR_RETURN(const JourneyMap map, GetMap(session, id));
  Answer answer{
      ToJson(map), {}, Table({{"stage"}, {"step"}, {"touchpoint"}, {"name"}, {"doing"}}), {}};
  answer.heading = {absl::StrCat(map.display_name(), " (", EnumText(map.kind()), ", revision ",
                                 map.revision(), ")")};
  if (!map.purpose().empty()) answer.heading.push_back(map.purpose());
  for (const auto& stage : map.stages()) {
    for (const auto& step : stage.steps()) {
      answer.table.AddRow({TextCell(stage.id()), TextCell(step.id()), TextCell(step.touchpoint()),
                           TextCell(step.display_name()), TextCell(step.doing())});
    }
  }
  session.Print(answer);
  return absl::OkStatus();
}

absl::StatusOr<journey::v1::MapOverlay> FetchOverlay(Session& session, const std::string& map) {
  Client& client = session.client();
  scoring::v1::GetScoreReportRequest report_request;
  report_request.set_name(map);
  WM_ASSIGN_OR_RETURN(const auto report,
                      client.Call(&ScoringService::StubInterface::GetScoreReport, report_request));
  scoring::v1::ListPrioritiesRequest priorities_request;
  priorities_request.set_parent(map);
  priorities_request.set_min_position(report.position());
  WM_ASSIGN_OR_RETURN(
      const auto priorities,
      client.CallForAll(&ScoringService::StubInterface::ListPriorities, priorities_request));
  action::v1::ListActionsRequest actions_request;
  actions_request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(
      const auto actions,
      client.CallForAll(&ActionService::StubInterface::ListActions, actions_request));
  return MakeOverlay(report, priorities, actions,
                     absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(), absl::UTCTimeZone()));
}

struct RenderOptions {
  std::string map;
  std::string out;
};

absl::Status Render(Session& session, const RenderOptions& options) {
  journey::v1::RenderJourneyMapRequest request;
  request.set_name(session.Name("journeyMaps", options.map));
  WM_ASSIGN_OR_RETURN(*request.mutable_overlay(), FetchOverlay(session, request.name()));
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().Call(&JourneyService::StubInterface::RenderJourneyMap, request));
  WM_RETURN_IF_ERROR(WriteFile(options.out, response.svg()));
  int pain_points = 0;
  for (const auto& step : request.overlay().steps()) pain_points += step.pain_point();
  Table table({{"file"}, {"steps", Column::kRight}, {"pain points", Column::kRight}});
  table.AddRow(
      {TextCell(options.out), CountCell(request.overlay().steps_size()), CountCell(pain_points)});
  session.Print({Json::object({{"file", options.out},
                               {"steps", request.overlay().steps_size()},
                               {"painPoints", pain_points}}),
                 {},
                 std::move(table),
                 {}});
  return absl::OkStatus();
}

}  // namespace

void AddJourneyVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "journey", "Model journeys: touchpoints, personas, journey maps");

  const auto file = std::make_shared<std::string>();
  session
      .AddVerb(*noun, "apply", "Make or change what a YAML file declares",
               "journey apply -f services/cli/demo/journey.yaml\n",
               [&session, file] { return Apply(session, *file); })
      ->add_option("-f,--file", *file, "The file; applying it again changes nothing")
      ->required()
      ->type_name("FILE");

  session.AddVerb(*noun, "list", "List the journey maps", "journey list\njourney list -o json\n",
                  [&session] { return List(session); });

  const auto id = std::make_shared<std::string>();
  session
      .AddVerb(*noun, "get", "Show a journey map", "journey get become-and-stay-a-customer\n",
               [&session, id] { return Get(session, *id); })
      ->add_option("ID", *id, "Id of the journey map")
      ->required()
      ->type_name("");

  const auto options = std::make_shared<RenderOptions>();
  CLI::App* render = session.AddVerb(
      *noun, "render", "Draw a journey map with scores, pain points, quotes and actions, as SVG",
      "journey render become-and-stay-a-customer --out map.svg\n"
      "journey render --map become-and-stay-a-customer --out map.svg\n",
      [&session, options] { return Render(session, *options); });
  render->add_option("ID,--map", options->map, "Id of the journey map")
      ->required()
      ->type_name("ID");
  render->add_option("--out", options->out, "File to write")->required()->type_name("FILE");
}

}  // namespace waymark::cli
