#include "services/feedback/source_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/status_macros.h"
#include "libs/feed/consumer.h"
#include "libs/rpc/field_mask.h"
#include "libs/rpc/names.h"
#include "libs/rpc/paging.h"
#include "services/feedback/errors.h"
#include "services/feedback/source_drift.h"

namespace waymark::feedback {
namespace {

using google::protobuf::util::TimeUtil;
using rpc::CallContext;
using rpc::Violations;

constexpr char kSourcePattern[] = "tenants/*/sources/*";
constexpr char kStatisticsPattern[] = "tenants/*/sources/*/statistics";
constexpr int kMaxDays = 4000;
constexpr char kSchemaPattern[] = "tenants/*/sources/*/schema";
constexpr absl::string_view kOutputOnly[] = {
    "name", "counts", "create_time", "last_seen_time", "silent", "drift_count", "etag"};
constexpr size_t kMaxLabelBytes = 256;
constexpr size_t kMaxDescriptionBytes = 4 << 10;
constexpr int64_t kMinIntervalSeconds = 60;
constexpr int64_t kMaxIntervalSeconds = int64_t{400} * 24 * 3600;

google::protobuf::Timestamp ToProto(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

void CheckBytes(absl::string_view field, const std::string& value, size_t limit,
                Violations& violations) {
  if (value.size() <= limit) return;
  violations.Add(field, value,
                 absl::StrCat("has ", value.size(), " bytes; at most ", limit, " are allowed"));
}

// What is wrong with the settings that an update leads to.
absl::Status CheckDeclared(const v1::Source& source) {
  Violations violations;
  CheckBytes("source.display_name", source.display_name(), kMaxLabelBytes, violations);
  CheckBytes("source.description", source.description(), kMaxDescriptionBytes, violations);
  CheckBytes("source.owner", source.owner(), kMaxLabelBytes, violations);
  if (!v1::SourceKind_IsValid(source.kind())) {
    violations.Add("source.kind", absl::StrCat(source.kind()), "is not a known kind");
  }
  if (!v1::Source::Status_IsValid(source.status())) {
    violations.Add("source.status", absl::StrCat(source.status()), "is not a known status");
  }
  const google::protobuf::Duration& interval = source.expected_interval();
  if (source.has_expected_interval() &&
      (interval.seconds() < kMinIntervalSeconds || interval.seconds() > kMaxIntervalSeconds ||
       (interval.seconds() == kMaxIntervalSeconds && interval.nanos() > 0) ||
       interval.nanos() < 0 || interval.nanos() >= 1'000'000'000)) {
    violations.Add("source.expected_interval",
                   absl::StrCat(interval.seconds(), " s ", interval.nanos(), " ns"),
                   "must be 1 minute to 400 days");
  }
  return violations.ToStatus();
}

void CheckUpdate(const v1::UpdateSourceRequest& request, Violations& violations) {
  violations.CheckName("source.name", request.source().name(), kSourcePattern);
  rpc::CheckUpdateMask(request.update_mask(), request.source(), violations);
}

// The id in a name that follows kSourcePattern or kSchemaPattern.
std::string SourceOf(absl::string_view pattern, const std::string& name) {
  const auto ids = rpc::ParseName(pattern, name);
  return ids.ok() ? std::string((*ids)[1]) : std::string();
}

SourceExpectation ExpectationOf(const SourceSettings& settings) {
  SourceExpectation expectation{.kind = settings.declared.kind(),
                                .status = settings.declared.status(),
                                .accept_time = settings.accept_time,
                                .retire_time = settings.retire_time};
  if (settings.declared.has_expected_interval()) {
    expectation.interval = absl::Seconds(settings.declared.expected_interval().seconds()) +
                           absl::Nanoseconds(settings.declared.expected_interval().nanos());
  }
  return expectation;
}

v1::Source ToProto(const SourceRecord& record, const KnownSchema& schema, absl::Time now) {
  const SourceExpectation expectation = ExpectationOf(record.settings);
  v1::Source source = record.settings.declared;
  source.set_kind(ExpectedKind(source.kind(), schema));
  *source.mutable_counts() = record.counts;
  *source.mutable_create_time() = ToProto(record.create_time);
  if (record.last_seen_time) *source.mutable_last_seen_time() = ToProto(*record.last_seen_time);
  source.set_silent(IsSilent(expectation, record.last_seen_time.value_or(record.create_time), now));
  source.set_drift_count(static_cast<int32_t>(FindDrifts(schema, expectation).size()));
  return source;
}

// The first and last microsecond of a range, which excludes its end.
std::pair<int64_t, int64_t> MicrosOf(const common::v1::TimeRange& range) {
  std::pair<int64_t, int64_t> micros = {INT64_MIN, INT64_MAX};
  if (range.has_start_time()) micros.first = TimeUtil::TimestampToMicroseconds(range.start_time());
  if (range.has_end_time()) micros.second = TimeUtil::TimestampToMicroseconds(range.end_time()) - 1;
  return micros;
}

void CheckStatistics(const v1::GetSourceStatisticsRequest& request, Violations& violations) {
  violations.CheckName("name", request.name(), kStatisticsPattern);
  const common::v1::TimeRange& range = request.time_range();
  if (range.has_start_time()) violations.CheckTime("time_range.start_time", range.start_time());
  if (range.has_end_time()) violations.CheckTime("time_range.end_time", range.end_time());
  if (range.has_start_time() && range.has_end_time() && range.end_time() < range.start_time()) {
    violations.Add("time_range.end_time", TimeUtil::ToString(range.end_time()),
                   "must not be before start_time");
  }
}

v1::SourceStatistics Summarize(const std::vector<SourceDay>& days) {
  v1::SourceStatistics statistics;
  int64_t first = INT64_MAX;
  int64_t last = INT64_MIN;
  for (const SourceDay& day : days) {
    statistics.set_signals(statistics.signals() + day.signals);
    statistics.set_with_customer(statistics.with_customer() + day.with_customer);
    first = std::min(first, day.first_time);
    last = std::max(last, day.last_time);
    if (statistics.days_size() == kMaxDays) continue;
    v1::DayCount* count = statistics.add_days();
    const absl::CivilDay date = absl::CivilDay(1970, 1, 1) + day.day;
    count->mutable_date()->set_year(static_cast<int32_t>(date.year()));
    count->mutable_date()->set_month(date.month());
    count->mutable_date()->set_day(date.day());
    count->set_signals(day.signals);
  }
  if (days.empty()) return statistics;
  *statistics.mutable_first_event_time() = TimeUtil::MicrosecondsToTimestamp(first);
  *statistics.mutable_last_event_time() = TimeUtil::MicrosecondsToTimestamp(last);
  return statistics;
}

SourceSettings Changed(const SourceSettings& before, const v1::UpdateSourceRequest& request,
                       absl::Time now) {
  SourceSettings after = before;
  rpc::ApplyUpdateMask(request.source(), request.update_mask(), kOutputOnly, after.declared);
  if (after.declared.status() == v1::Source::STATUS_UNSPECIFIED) {
    after.declared.set_status(v1::Source::STATUS_ACTIVE);
  }
  if (after.declared.status() != v1::Source::STATUS_RETIRED) {
    after.retire_time.reset();
  } else if (!after.retire_time) {
    after.retire_time = now;
  }
  return after;
}

}  // namespace

SourceServiceImpl::SourceServiceImpl(const rpc::Environment& environment,
                                     const SourceStore* sources, const SourceSchemaStore* schemas,
                                     const IndexStore* index, Indexer* indexer)
    : shell_(v1::SourceService::service_full_name(), environment),
      sources_(sources),
      schemas_(schemas),
      index_(index),
      indexer_(indexer),
      clock_(environment.clock) {}

absl::StatusOr<v1::Source> SourceServiceImpl::Describe(absl::string_view tenant,
                                                       absl::string_view source,
                                                       const SourceRecord& record) const {
  WM_ASSIGN_OR_RETURN(const KnownSchema schema, schemas_->Read(tenant, source));
  return ToProto(record, schema, clock_->Now());
}

absl::StatusOr<v1::SourceSchema> SourceServiceImpl::ReadSchema(absl::string_view tenant,
                                                               absl::string_view source,
                                                               const SourceRecord& record) const {
  WM_ASSIGN_OR_RETURN(KnownSchema known, schemas_->Read(tenant, source));
  v1::SourceSchema schema;
  schema.set_name(absl::StrCat(record.settings.declared.name(), "/schema"));
  for (v1::SchemaDrift& drift : FindDrifts(known, ExpectationOf(record.settings))) {
    *schema.add_drifts() = std::move(drift);
  }
  for (KnownSchema::Question& one : known.questions) {
    *schema.add_questions() = std::move(one.version);
  }
  for (v1::ActivityUse& one : known.activities) *schema.add_activities() = std::move(one);
  if (record.settings.accept_time) {
    *schema.mutable_accept_time() = ToProto(*record.settings.accept_time);
  }
  schema.set_truncated(known.truncated);
  return schema;
}

absl::StatusOr<SourceRecord> SourceServiceImpl::Update(
    absl::string_view tenant, absl::string_view source,
    const v1::UpdateSourceRequest& request) const {
  const v1::Source& given = request.source();
  const absl::Time now = clock_->Now();
  return sources_->Change(
      tenant, source, now,
      [&](const std::optional<SourceRecord>& found) -> absl::StatusOr<SourceSettings> {
        WM_RETURN_IF_ERROR(rpc::CheckEtag(given.name(), given.etag(),
                                          found ? found->settings.declared.etag() : ""));
        if (!found && !request.allow_missing()) return SourceNotFound(given.name());
        SourceSettings after = Changed(
            found ? found->settings : SourceStore::StandardSettings(tenant, source), request, now);
        WM_RETURN_IF_ERROR(CheckDeclared(after.declared));
        return after;
      });
}

absl::StatusOr<v1::SourceSchema> SourceServiceImpl::Accept(absl::string_view tenant,
                                                           absl::string_view source,
                                                           const std::string& name) const {
  WM_ASSIGN_OR_RETURN(const std::optional<SourceRecord> found, sources_->Find(tenant, source));
  if (!found) return SourceNotFound(name);
  // First what is missing is forgotten, then the rest is settled: who fails between them asks
  // again.
  WM_ASSIGN_OR_RETURN(const KnownSchema known, schemas_->Read(tenant, source));
  WM_RETURN_IF_ERROR(
      schemas_->Forget(tenant, source, FindDrifts(known, ExpectationOf(found->settings))));
  const absl::Time now = clock_->Now();
  WM_ASSIGN_OR_RETURN(
      const SourceRecord record,
      sources_->Change(
          tenant, source, now,
          [&](const std::optional<SourceRecord>& still) -> absl::StatusOr<SourceSettings> {
            if (!still) return SourceNotFound(name);
            SourceSettings after = still->settings;
            after.accept_time = now;
            return after;
          }));
  return ReadSchema(tenant, source, record);
}

grpc::Status SourceServiceImpl::GetSource(grpc::ServerContext* context,
                                          const v1::GetSourceRequest* request,
                                          v1::Source* response) {
  return rpc::Unary(
      shell_, context, request, response,
      {.validate =
           [](const v1::GetSourceRequest& get, Violations& violations) {
             violations.CheckName("name", get.name(), kSourcePattern);
           }},
      [&](const CallContext& call, const v1::GetSourceRequest& get) -> absl::StatusOr<v1::Source> {
        const std::string source = SourceOf(kSourcePattern, get.name());
        WM_ASSIGN_OR_RETURN(const std::optional<SourceRecord> found,
                            sources_->Find(call.tenant, source));
        if (!found) return SourceNotFound(get.name());
        return Describe(call.tenant, source, *found);
      });
}

grpc::Status SourceServiceImpl::ListSources(grpc::ServerContext* context,
                                            const v1::ListSourcesRequest* request,
                                            v1::ListSourcesResponse* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate =
                         [](const v1::ListSourcesRequest& list, Violations& violations) {
                           violations.CheckName("parent", list.parent(), "tenants/*");
                         }},
                    [&](const CallContext& call, const v1::ListSourcesRequest& list,
                        v1::ListSourcesResponse* page) -> absl::Status {
                      WM_ASSIGN_OR_RETURN(const std::string after, rpc::DecodePageToken(list));
                      const int size = rpc::PageSize(list.page_size(), 100, 1000);
                      WM_ASSIGN_OR_RETURN(std::vector<SourceRecord> records,
                                          sources_->List(call.tenant, after, size + 1));
                      const bool more = static_cast<int>(records.size()) > size;
                      if (more) records.pop_back();
                      std::vector<std::string> ids;
                      for (const SourceRecord& record : records) {
                        ids.push_back(SourceOf(kSourcePattern, record.settings.declared.name()));
                        page->add_sources();
                      }
                      const absl::Time now = clock_->Now();
                      WM_RETURN_IF_ERROR(schemas_->ReadEach(
                          call.tenant, ids, [&](size_t i, const KnownSchema& schema) {
                            *page->mutable_sources(static_cast<int>(i)) =
                                ToProto(records[i], schema, now);
                          }));
                      if (more) page->set_next_page_token(rpc::EncodePageToken(list, ids.back()));
                      return absl::OkStatus();
                    });
}

grpc::Status SourceServiceImpl::UpdateSource(grpc::ServerContext* context,
                                             const v1::UpdateSourceRequest* request,
                                             v1::Source* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckUpdate},
                    [&](const CallContext& call,
                        const v1::UpdateSourceRequest& update) -> absl::StatusOr<v1::Source> {
                      const std::string source = SourceOf(kSourcePattern, update.source().name());
                      WM_ASSIGN_OR_RETURN(const SourceRecord record,
                                          Update(call.tenant, source, update));
                      return Describe(call.tenant, source, record);
                    });
}

grpc::Status SourceServiceImpl::GetSourceSchema(grpc::ServerContext* context,
                                                const v1::GetSourceSchemaRequest* request,
                                                v1::SourceSchema* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate =
                         [](const v1::GetSourceSchemaRequest& get, Violations& violations) {
                           violations.CheckName("name", get.name(), kSchemaPattern);
                         }},
                    [&](const CallContext& call,
                        const v1::GetSourceSchemaRequest& get) -> absl::StatusOr<v1::SourceSchema> {
                      const std::string source = SourceOf(kSchemaPattern, get.name());
                      WM_ASSIGN_OR_RETURN(const std::optional<SourceRecord> found,
                                          sources_->Find(call.tenant, source));
                      if (!found) return SourceNotFound(get.name());
                      return ReadSchema(call.tenant, source, *found);
                    });
}

grpc::Status SourceServiceImpl::AcceptSourceSchema(grpc::ServerContext* context,
                                                   const v1::AcceptSourceSchemaRequest* request,
                                                   v1::SourceSchema* response) {
  return rpc::Unary(
      shell_, context, request, response,
      {.validate =
           [](const v1::AcceptSourceSchemaRequest& accept, Violations& violations) {
             violations.CheckName("name", accept.name(), kSchemaPattern);
           }},
      [&](const CallContext& call,
          const v1::AcceptSourceSchemaRequest& accept) -> absl::StatusOr<v1::SourceSchema> {
        return Accept(call.tenant, SourceOf(kSchemaPattern, accept.name()), accept.name());
      });
}

grpc::Status SourceServiceImpl::GetSourceStatistics(grpc::ServerContext* context,
                                                    const v1::GetSourceStatisticsRequest* request,
                                                    v1::SourceStatistics* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckStatistics},
      [&](const CallContext& call,
          const v1::GetSourceStatisticsRequest& get) -> absl::StatusOr<v1::SourceStatistics> {
        const std::string source = SourceOf(kStatisticsPattern, get.name());
        WM_ASSIGN_OR_RETURN(const auto record, sources_->Find(call.tenant, source));
        if (!record.has_value()) return SourceNotFound(get.name());
        WM_RETURN_IF_ERROR(
            indexer_->WaitFor(call.tenant, get.min_position(), feed::WaitUntil(call.deadline)));
        WM_ASSIGN_OR_RETURN(const Indexer::Progress progress, indexer_->ProgressOf(call.tenant));
        const auto [from, to] = MicrosOf(get.time_range());
        WM_ASSIGN_OR_RETURN(const std::vector<SourceDay> days,
                            index_->Days(call.tenant, source, from, to));
        v1::SourceStatistics statistics = Summarize(days);
        statistics.set_name(get.name());
        if (progress.reached != Position()) statistics.set_position(ToString(progress.reached));
        return statistics;
      });
}

}  // namespace waymark::feedback
