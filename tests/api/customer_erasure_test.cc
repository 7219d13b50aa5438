// Erasing a customer, seen from outside: what every service answers before and after.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/feedback/v1/customer_erasure_service.pb.h"
#include "waymark/feedback/v1/signal_service.pb.h"
#include "waymark/journey/v1/discovery_service.pb.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::Change;
using feedback::v1::CustomerErasure;
using feedback::v1::Signal;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kAnn[] = "ann-0815-erased";

class CustomerErasureTest : public ApiTest {
 protected:
  CustomerErasure Erase(const std::string& customer) const {
    feedback::v1::CreateCustomerErasureRequest create;
    create.set_parent(client_.parent());
    create.set_customer(customer);
    return client_.Get<CustomerErasure>(create);
  }

  CustomerErasure AwaitDone(const std::string& name) const {
    feedback::v1::GetCustomerErasureRequest get;
    get.set_name(name);
    CustomerErasure erasure;
    for (const absl::Time end = absl::Now() + absl::Seconds(60); absl::Now() < end;) {
      erasure = client_.Get<CustomerErasure>(get);
      if (HasFailure() || erasure.state() == CustomerErasure::STATE_DONE) return erasure;
      absl::SleepFor(absl::Milliseconds(20));
    }
    ADD_FAILURE() << "not done: " << erasure.ShortDebugString();
    return erasure;
  }

  int64_t Cases(const std::string& position) const {
    journey::v1::DiscoverGraphRequest request;
    request.set_parent(client_.parent());
    request.set_min_position(position);
    return client_.Get<journey::v1::DiscoverGraphResponse>(request).graph().cases();
  }

  int64_t Answers(const std::string& position) const {
    scoring::v1::ComputeMetricRequest request;
    request.set_parent(client_.parent());
    request.set_metric(scoring::v1::METRIC_CSAT);
    request.set_question("sat");
    request.set_min_position(position);
    return client_.Get<scoring::v1::MetricResult>(request).estimate().n();
  }

  // The server's files that hold `text`.
  static std::vector<std::string> FilesWith(const std::string& text) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(server_->data())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::stringstream bytes;
      bytes << in.rdbuf();
      if (absl::StrContains(bytes.str(), text)) files.push_back(entry.path().filename());
    }
    return files;
  }
};

TEST_F(CustomerErasureTest, IsSeenByEveryServiceAndLastsForReimports) {
  std::vector<Signal> ann, bob;
  for (int i = 0; i < 40; ++i) {
    for (const bool is_ann : {true, false}) {
      const std::string customer = is_ann ? kAnn : absl::StrCat("bob", i);
      Signal survey = Survey(absl::StrCat("s", i, customer), customer);
      Rate("sat", is_ann ? 1 : 5, &survey);
      Say("why", is_ann ? "Frumious queue." : "Fine.", &survey);
      std::vector<Signal>& signals = is_ann ? ann : bob;
      signals.push_back(survey);
      signals.push_back(Visit(absl::StrCat("v", i, customer), customer, "arrive", i));
    }
  }
  Ingest(client_, bob);
  const std::string before = Ingest(client_, ann).position();
  EXPECT_EQ(Cases(before), 41);
  EXPECT_EQ(Answers(before), 80);
  EXPECT_THAT(FilesWith(kAnn), Not(IsEmpty()));

  const CustomerErasure erasure = Erase(kAnn);
  // At once, and for as long as anybody asks.
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Cases(erasure.position()), 40);
    EXPECT_EQ(Answers(erasure.position()), 40);
    EXPECT_THAT(Ingest(client_, ann).outcomes(), Each(feedback::v1::INGEST_OUTCOME_ERASED));
    EXPECT_THAT(Ingest(client_, bob).outcomes(), Each(feedback::v1::INGEST_OUTCOME_DUPLICATE));
    feedback::v1::GetSignalRequest get;
    get.set_parent(client_.parent());
    get.set_source(ann[0].source());
    get.set_external_id(ann[0].external_id());
    feedback::v1::StoredSignal found;
    EXPECT_EQ(client_.Try(get, &found).error_code(), grpc::StatusCode::NOT_FOUND);
    const CustomerErasure done = AwaitDone(erasure.name());
    EXPECT_EQ(done.removed_entries(), 80);
    EXPECT_FALSE(absl::StrContains(done.SerializeAsString(), kAnn));
  }
  const std::vector<Change> changes = PullAll(client_);
  EXPECT_EQ(changes.size(), bob.size() + 1);
  EXPECT_EQ(changes.back().kind(), Change::KIND_ERASED);
  for (const Change& change : changes) EXPECT_NE(change.signal().customer(), kAnn);
  EXPECT_THAT(FilesWith(kAnn), IsEmpty());
  EXPECT_THAT(FilesWith("rumious"), IsEmpty());
}

TEST_F(CustomerErasureTest, IsListedNewestFirst) {
  const std::string first = Erase("one").name();
  absl::SleepFor(absl::Milliseconds(2));  // ids are in order of their milliseconds
  const std::string second = Erase("two").name();
  feedback::v1::ListCustomerErasuresRequest list;
  list.set_parent(client_.parent());
  list.set_page_size(1);
  std::vector<std::string> names;
  do {
    const auto page = client_.Get<feedback::v1::ListCustomerErasuresResponse>(list);
    for (const CustomerErasure& one : page.customer_erasures()) names.push_back(one.name());
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty() && !HasFailure());
  EXPECT_THAT(names, ElementsAre(second, first));
}

}  // namespace
}  // namespace waymark::api_test
