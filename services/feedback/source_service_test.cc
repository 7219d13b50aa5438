// The registry of sources.
#include "services/feedback/source_service.h"

#include "libs/base/error.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Stub = v1::SourceService::StubInterface;

constexpr char kWeb[] = "tenants/demo/sources/web";

class SourceServiceTest : public OnEveryDatabase {
 protected:
  absl::StatusOr<v1::Source> Get(const std::string& name = kWeb) {
    v1::GetSourceRequest request;
    request.set_name(name);
    return rpc::ClientCall(service_->sources(), &Stub::GetSource, request, {.tenant = "demo"});
  }

  v1::Source Found(const std::string& name = kWeb) {
    const auto source = Get(name);
    EXPECT_TRUE(source.ok()) << source.status();
    return source.ok() ? *source : v1::Source();
  }

  absl::StatusOr<v1::Source> Update(const v1::Source& source, const std::vector<std::string>& mask,
                                    bool allow_missing = false) {
    v1::UpdateSourceRequest request;
    *request.mutable_source() = source;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    request.set_allow_missing(allow_missing);
    return rpc::ClientCall(service_->sources(), &Stub::UpdateSource, request, {.tenant = "demo"});
  }

  absl::StatusOr<v1::SourceSchema> Schema(const std::string& source = "web") {
    v1::GetSourceSchemaRequest request;
    request.set_name(absl::StrCat("tenants/demo/sources/", source, "/schema"));
    return rpc::ClientCall(service_->sources(), &Stub::GetSourceSchema, request,
                           {.tenant = "demo"});
  }

  absl::StatusOr<v1::SourceSchema> Accept(const std::string& source = "web") {
    v1::AcceptSourceSchemaRequest request;
    request.set_name(absl::StrCat("tenants/demo/sources/", source, "/schema"));
    return rpc::ClientCall(service_->sources(), &Stub::AcceptSourceSchema, request,
                           {.tenant = "demo"});
  }

  std::vector<v1::Source> List(int page_size) {
    v1::ListSourcesRequest request;
    request.set_parent("tenants/demo");
    request.set_page_size(page_size);
    std::vector<v1::Source> all;
    do {
      const auto page =
          rpc::ClientCall(service_->sources(), &Stub::ListSources, request, {.tenant = "demo"});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      all.insert(all.end(), page->sources().begin(), page->sources().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  // Takes the signals in, and waits until what they teach is in the index.
  void Learn(const std::vector<v1::Signal>& signals) {
    v1::ListSignalsRequest request;
    request.set_parent("tenants/demo");
    request.set_min_position(service_->Ingest(signals).position());
    const auto reached =
        rpc::ClientCall(service_->signals(), &v1::SignalService::StubInterface::ListSignals,
                        request, {.tenant = "demo"});
    ASSERT_TRUE(reached.ok()) << reached.status();
  }
};
WM_ON_EVERY_DATABASE(SourceServiceTest);

TEST_P(SourceServiceTest, ASourceIsKnownByItsFirstSignal) {
  EXPECT_EQ(GetErrorDetails(Get().status())->reason, "SOURCE_NOT_FOUND");
  service_->Ingest({Visit("a")});
  const v1::Source source = Found();
  EXPECT_EQ(source.name(), kWeb);
  EXPECT_EQ(source.counts().recorded(), 1);
  EXPECT_EQ(source.status(), v1::Source::STATUS_ACTIVE);
  EXPECT_FALSE(source.etag().empty());
  EXPECT_FALSE(source.silent());
}

TEST_P(SourceServiceTest, PeopleSayWhatTheyKnowOfASource) {
  service_->Ingest({Visit("a")});
  v1::Source said;
  said.set_name(kWeb);
  said.set_display_name("Web shop");
  said.set_owner("shop@example.com");
  said.set_kind(v1::SOURCE_KIND_BEHAVIOUR);
  const auto updated = Update(said, {"display_name", "owner"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name(), "Web shop");
  EXPECT_EQ(updated->counts().recorded(), 1);
  said.clear_owner();
  ASSERT_TRUE(Update(said, {}).ok());
  const v1::Source source = Found();
  EXPECT_EQ(source.owner(), "");
  EXPECT_EQ(source.kind(), v1::SOURCE_KIND_BEHAVIOUR);
  EXPECT_EQ(source.SerializeAsString(), List(10).at(0).SerializeAsString());
}

TEST_P(SourceServiceTest, TheEtagFollowsWhatPeopleSayNotWhatComesIn) {
  service_->Ingest({Visit("a")});
  v1::Source source = Found();
  service_->Ingest({Visit("b")});
  source.set_owner("first");
  const auto first = Update(source, {"owner"});
  ASSERT_TRUE(first.ok()) << first.status();
  source.set_owner("second");
  const absl::Status stale = Update(source, {"owner"}).status();
  EXPECT_EQ(stale.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorDetails(stale)->reason, "ETAG_MISMATCH");
  EXPECT_EQ(Found().owner(), "first");
  source.set_etag(first->etag());
  EXPECT_TRUE(Update(source, {"owner"}).ok());
}

TEST_P(SourceServiceTest, ASourceIsRegisteredBeforeItsFirstSignal) {
  v1::Source source;
  source.set_name("tenants/demo/sources/planned");
  source.set_owner("me");
  EXPECT_EQ(GetErrorDetails(Update(source, {}).status())->reason, "SOURCE_NOT_FOUND");
  ASSERT_TRUE(Update(source, {}, true).ok());
  const absl::Time registered = service_->clock().Now();
  service_->Ingest({Visit("a")});
  service_->clock().Advance(absl::Hours(1));
  EXPECT_FALSE(Found(source.name()).has_last_seen_time());
  v1::Signal signal = Visit("a");
  signal.set_source("planned");
  service_->Ingest({signal});
  const v1::Source found = Found(source.name());
  EXPECT_EQ(found.create_time().seconds(), absl::ToUnixSeconds(registered));
  EXPECT_EQ(found.last_seen_time().seconds() - found.create_time().seconds(), 3600);
  EXPECT_EQ(found.counts().recorded(), 1);
  const auto sources = List(1);
  ASSERT_THAT(sources, SizeIs(2));
  EXPECT_EQ(sources[0].name(), source.name());
  EXPECT_EQ(sources[1].name(), kWeb);
}

TEST_P(SourceServiceTest, RefusesSettingsOutOfTheirLimits) {
  const auto refused = [&](v1::Source source, const std::string& field) {
    source.set_name(kWeb);
    const absl::Status status = Update(source, {}, true).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_THAT(status.message(), HasSubstr(field));
  };
  v1::Source source;
  source.set_display_name(std::string(257, 'x'));
  refused(source, "display_name");
  source.Clear();
  source.set_description(std::string(4097, 'x'));
  refused(source, "description");
  source.Clear();
  source.set_owner(std::string(257, 'x'));
  refused(source, "owner");
  source.Clear();
  source.set_kind(static_cast<v1::SourceKind>(77));
  refused(source, "kind");
  source.Clear();
  source.set_status(static_cast<v1::Source::Status>(77));
  refused(source, "status");
  for (const int64_t seconds : {int64_t{-1}, int64_t{59}, int64_t{400 * 86400 + 1}}) {
    source.Clear();
    source.mutable_expected_interval()->set_seconds(seconds);
    refused(source, "expected_interval");
  }
  source.Clear();
  source.set_name(kWeb);
  EXPECT_EQ(Update(source, {"nonsense"}, true).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Get().status().code(), absl::StatusCode::kNotFound);
}

TEST_P(SourceServiceTest, ASilentSourceIsFlaggedUntilItSendsAgain) {
  service_->Ingest({Visit("a")});
  v1::Source source;
  source.set_name(kWeb);
  source.mutable_expected_interval()->set_seconds(3600);
  ASSERT_TRUE(Update(source, {"expected_interval"}).ok());
  service_->clock().Advance(absl::Hours(1));
  EXPECT_FALSE(Found().silent());
  service_->clock().Advance(absl::Seconds(1));
  EXPECT_TRUE(Found().silent());
  EXPECT_TRUE(List(10).at(0).silent());
  source.set_status(v1::Source::STATUS_PAUSED);
  ASSERT_TRUE(Update(source, {"status"}).ok());
  EXPECT_FALSE(Found().silent());
  source.set_status(v1::Source::STATUS_ACTIVE);
  ASSERT_TRUE(Update(source, {"status"}).ok());
  EXPECT_TRUE(Found().silent());
  service_->Ingest({Visit("b")});
  EXPECT_FALSE(Found().silent());
}

TEST_P(SourceServiceTest, WhatASourceSendsIsAcceptedAndDriftReported) {
  EXPECT_EQ(Schema().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Accept().status().code(), absl::StatusCode::kNotFound);
  service_->Ingest({Visit("a")});
  Learn({Visit("a"), Visit("a", 1)});
  const auto before = Schema();
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_THAT(before->activities(), SizeIs(1));
  EXPECT_EQ(before->activities(0).signals(), 2);
  EXPECT_FALSE(before->has_accept_time());
  EXPECT_EQ(Found().kind(), v1::SOURCE_KIND_BEHAVIOUR);

  const auto accepted = Accept();
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_TRUE(accepted->has_accept_time());
  EXPECT_THAT(accepted->drifts(), IsEmpty());

  service_->clock().Advance(absl::Hours(1));
  v1::Signal survey = Survey("s", 9);
  survey.set_source("web");
  Learn({Visit("b", 0, "buy"), survey});
  const auto drifted = Schema();
  ASSERT_TRUE(drifted.ok()) << drifted.status();
  ASSERT_THAT(drifted->drifts(), SizeIs(3));
  EXPECT_EQ(drifted->drifts(0).kind(), v1::SchemaDrift::KIND_QUESTION_ADDED);
  EXPECT_EQ(drifted->drifts(1).kind(), v1::SchemaDrift::KIND_ACTIVITY_ADDED);
  EXPECT_EQ(drifted->drifts(2).kind(), v1::SchemaDrift::KIND_OTHER_KIND);
  EXPECT_EQ(Found().drift_count(), 3);
  EXPECT_EQ(List(10).at(0).drift_count(), 3);

  service_->clock().Advance(absl::Hours(24 * 30));
  Learn({Visit("c", 0, "buy")});
  EXPECT_EQ(Schema()->drifts_size(), 4) << "the visits are missing too";
  const auto settled = Accept();
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_THAT(settled->drifts(), IsEmpty());
  ASSERT_THAT(settled->activities(), SizeIs(1));
  EXPECT_EQ(settled->activities(0).activity(), "buy");
  EXPECT_EQ(Found().drift_count(), 0);
}

TEST_P(SourceServiceTest, ARetiredSourceThatSendsIsReported) {
  service_->Ingest({Visit("a")});
  Learn({Visit("a")});
  v1::Source source;
  source.set_name(kWeb);
  source.set_status(v1::Source::STATUS_RETIRED);
  ASSERT_TRUE(Update(source, {"status"}).ok());
  EXPECT_EQ(Found().drift_count(), 0);
  service_->clock().Advance(absl::Hours(1));
  ASSERT_TRUE(Update(source, {"status"}).ok()) << "retired since before";
  Learn({Visit("b")});
  EXPECT_EQ(Schema()->drifts(0).kind(), v1::SchemaDrift::KIND_RETIRED_SENDS);
  EXPECT_EQ(Found().drift_count(), 1);
}

}  // namespace
}  // namespace waymark::feedback
