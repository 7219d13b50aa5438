#include "services/feedback/customer_service.h"

#include <map>
#include <set>
#include <thread>

#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Stub = v1::CustomerService::StubInterface;

std::string ReasonOf(const absl::Status& status) {
  const auto details = GetErrorDetails(status);
  return details.has_value() ? details->reason : status.ToString();
}

v1::CreateCustomerLinkRequest LinkRequest(const std::string& one, const std::string& other) {
  v1::CreateCustomerLinkRequest request;
  request.set_parent("tenants/demo");
  request.mutable_customer_link()->set_customer(one);
  request.mutable_customer_link()->set_linked_customer(other);
  return request;
}

absl::StatusOr<v1::CustomerLink> Create(TestService& service,
                                        const v1::CreateCustomerLinkRequest& request) {
  auto link =
      rpc::ClientCall(service.customers(), &Stub::CreateCustomerLink, request, {.tenant = "demo"});
  if (link.ok()) service.Await("demo", link->position());
  return link;
}

absl::StatusOr<v1::CustomerLink> Link(TestService& service, const std::string& one,
                                      const std::string& other) {
  return Create(service, LinkRequest(one, other));
}

absl::StatusOr<std::string> Unlink(TestService& service, const std::string& name) {
  v1::DeleteCustomerLinkRequest request;
  request.set_name(name);
  WM_ASSIGN_OR_RETURN(
      const auto answer,
      rpc::ClientCall(service.customers(), &Stub::DeleteCustomerLink, request, {.tenant = "demo"}));
  service.Await("demo", answer.position());
  return answer.position();
}

std::vector<std::string> IdsOf(TestService& service, const std::string& customer,
                               const std::string& tenant = "demo") {
  v1::GetCustomerRequest request;
  request.set_parent("tenants/" + tenant);
  request.set_customer(customer);
  const auto answer =
      rpc::ClientCall(service.customers(), &Stub::GetCustomer, request, {.tenant = tenant});
  EXPECT_TRUE(answer.ok()) << answer.status();
  if (!answer.ok()) return {};
  EXPECT_EQ(answer->customer(), customer);
  EXPECT_EQ(answer->canonical_customer(), answer->customers(0));
  return {answer->customers().begin(), answer->customers().end()};
}

class CustomerServiceTest : public OnEveryDatabase {
 protected:
  absl::StatusOr<v1::CustomerLink> Get(const std::string& name) {
    v1::GetCustomerLinkRequest request;
    request.set_name(name);
    return rpc::ClientCall(service_->customers(), &Stub::GetCustomerLink, request,
                           {.tenant = "demo"});
  }

  /// "customer-linked customer" of each, page by page.
  std::vector<std::string> List(const std::string& customer, int page_size) {
    v1::ListCustomerLinksRequest request;
    request.set_parent("tenants/demo");
    request.set_customer(customer);
    request.set_page_size(page_size);
    std::vector<std::string> pairs;
    do {
      const auto page = rpc::ClientCall(service_->customers(), &Stub::ListCustomerLinks, request,
                                        {.tenant = "demo"});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->customer_links_size(), page_size);
      for (const v1::CustomerLink& link : page->customer_links()) {
        pairs.push_back(link.customer() + "-" + link.linked_customer());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return pairs;
  }
};
WM_ON_EVERY_DATABASE(CustomerServiceTest);

TEST_P(CustomerServiceTest, KeepsWhatIsSaidOfALink) {
  v1::CreateCustomerLinkRequest request = LinkRequest("b@shop", "a/1 \xC3\xA9");
  request.mutable_customer_link()->set_method(v1::CustomerLink::METHOD_MATCHED);
  request.mutable_customer_link()->set_author("matcher");
  request.mutable_customer_link()->set_note("both wrote from ann@example.com");
  request.mutable_customer_link()->set_name("tenants/other/customerLinks/x");
  request.mutable_customer_link()->set_revision(99);
  const auto link = Create(*service_, request);
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_THAT(link->name(), HasSubstr("tenants/demo/customerLinks/"));
  EXPECT_EQ(link->customer(), "b@shop");
  EXPECT_EQ(link->linked_customer(), "a/1 \xC3\xA9");
  EXPECT_EQ(link->method(), v1::CustomerLink::METHOD_MATCHED);
  EXPECT_EQ(link->author(), "matcher");
  EXPECT_EQ(link->revision(), 1);
  EXPECT_EQ(link->create_time().seconds(), absl::ToUnixSeconds(service_->clock().Now()));
  EXPECT_THAT(link->note(), Not(HasSubstr("ann@example.com"))) << "notes are redacted";
  const auto read = Get(link->name());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), link->SerializeAsString());
}

TEST_P(CustomerServiceTest, TheFeedTellsEveryShardInOrder) {
  service_->Ingest({Visit("v1")});
  const auto link = Link(*service_, "a", "b");
  ASSERT_TRUE(link.ok()) << link.status();
  service_->Ingest({Visit("v2")});
  const auto unlinked = Unlink(*service_, link->name());
  ASSERT_TRUE(unlinked.ok()) << unlinked.status();
  const auto all = service_->PullAll();
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_EQ(all[1].kind(), v1::Change::KIND_LINKED);
  EXPECT_EQ(all[1].position(), link->position());
  EXPECT_EQ(all[1].tenant(), "demo");
  EXPECT_FALSE(all[1].has_signal());
  EXPECT_EQ(all[1].customer_link().SerializeAsString(), link->SerializeAsString());
  EXPECT_EQ(all[3].kind(), v1::Change::KIND_UNLINKED);
  EXPECT_EQ(all[3].position(), *unlinked);
  EXPECT_EQ(all[3].customer_link().customer(), "a");
  EXPECT_GT(all[3].customer_link().revision(), link->revision());
  for (int shard = 0; shard < 3; ++shard) {
    int links = 0;
    for (const auto& change : service_->PullAll("", 100, shard, 3)) {
      links += change.has_customer_link();
    }
    EXPECT_EQ(links, 2) << "shard " << shard;
  }
}

TEST_P(CustomerServiceTest, APairIsLinkedOnceInWhateverOrder) {
  const auto link = Link(*service_, "a", "b");
  const auto again = Link(*service_, "b", "a");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), link->SerializeAsString());
  EXPECT_THAT(service_->PullAll(), SizeIs(1));
  EXPECT_THAT(List("", 10), ElementsAre("a-b"));
}

TEST_P(CustomerServiceTest, WhatIsUnlinkedIsGoneAndMayBeLinkedAgain) {
  const auto link = Link(*service_, "a", "b");
  ASSERT_TRUE(Unlink(*service_, link->name()).ok());
  EXPECT_EQ(ReasonOf(Get(link->name()).status()), "CUSTOMER_LINK_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Unlink(*service_, link->name()).status()), "CUSTOMER_LINK_NOT_FOUND");
  EXPECT_THAT(IdsOf(*service_, "a"), ElementsAre("a"));
  const auto again = Link(*service_, "a", "b");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), link->name());
  EXPECT_EQ(again->revision(), 4) << "each request takes a number";
  EXPECT_THAT(service_->PullAll(), SizeIs(3));
}

TEST_P(CustomerServiceTest, ACustomerIsAllThatIsLinkedDirectlyOrOverOthers) {
  const auto bridge = Link(*service_, "c", "b");
  ASSERT_TRUE(Link(*service_, "a", "b").ok());
  ASSERT_TRUE(Link(*service_, "d", "c").ok());
  ASSERT_TRUE(Link(*service_, "x", "y").ok());
  EXPECT_THAT(IdsOf(*service_, "d"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(IdsOf(*service_, "nobody"), ElementsAre("nobody"));
  ASSERT_TRUE(Unlink(*service_, bridge->name()).ok());
  EXPECT_THAT(IdsOf(*service_, "a"), ElementsAre("a", "b"));
  EXPECT_THAT(IdsOf(*service_, "d"), ElementsAre("c", "d"));
  EXPECT_THAT(IdsOf(*service_, "a", "other"), ElementsAre("a")) << "another tenant's";
}

TEST_P(CustomerServiceTest, ACustomerHasAHundredIdsAtMost) {
  for (int i = 1; i < 60; ++i) {
    ASSERT_TRUE(Link(*service_, absl::StrCat("a", i - 1), absl::StrCat("a", i)).ok());
  }
  for (int i = 1; i < 41; ++i) {
    ASSERT_TRUE(Link(*service_, absl::StrCat("b", i - 1), absl::StrCat("b", i)).ok());
  }
  const absl::Status refused = Link(*service_, "a7", "b7").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "CUSTOMER_TOO_LARGE");
  EXPECT_THAT(refused.message(), HasSubstr("101"));
  EXPECT_THAT(IdsOf(*service_, "a7"), SizeIs(60)) << "nothing was linked";
  EXPECT_EQ(service_->PullAll().size(), 59u + 40u);

  const auto last = rpc::ClientCall(service_->customers(), &Stub::ListCustomerLinks,
                                    [] {
                                      v1::ListCustomerLinksRequest request;
                                      request.set_parent("tenants/demo");
                                      request.set_customer("b40");
                                      return request;
                                    }(),
                                    {.tenant = "demo"});
  ASSERT_TRUE(Unlink(*service_, last->customer_links(0).name()).ok());
  ASSERT_TRUE(Link(*service_, "a7", "b7").ok());
  EXPECT_THAT(IdsOf(*service_, "b0"), SizeIs(100));
  EXPECT_TRUE(Link(*service_, "a1", "b30").ok()) << "they are one customer already";
  EXPECT_EQ(ReasonOf(Link(*service_, "a1", "new").status()), "CUSTOMER_TOO_LARGE");
  // A refusal is no failure of the journal.
  EXPECT_EQ(service_->IngestOne(Visit("v")), v1::INGEST_OUTCOME_RECORDED);
}

TEST_P(CustomerServiceTest, ARepeatedRequestAnswersWhatTheFirstMade) {
  v1::CreateCustomerLinkRequest request = LinkRequest("a", "b");
  request.set_request_id("r1");
  const auto link = Create(*service_, request);
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_EQ(Create(*service_, request)->SerializeAsString(), link->SerializeAsString());

  v1::CreateCustomerLinkRequest other = LinkRequest("a", "c");
  other.set_request_id("r1");
  EXPECT_EQ(ReasonOf(Create(*service_, other).status()), "INVALID_FIELD");

  ASSERT_TRUE(Unlink(*service_, link->name()).ok());
  EXPECT_EQ(ReasonOf(Create(*service_, request).status()), "CUSTOMER_LINK_NOT_FOUND")
      << "a late repetition must not link again what somebody has unlinked since";
  EXPECT_THAT(IdsOf(*service_, "a"), ElementsAre("a"));
  service_->clock().Advance(absl::Hours(25));
  EXPECT_TRUE(Create(*service_, request).ok()) << "kept for 24 hours";
}

TEST_P(CustomerServiceTest, RefusesWhatMakesNoSense) {
  std::vector<v1::CreateCustomerLinkRequest> requests = {
      LinkRequest("a", ""), LinkRequest("", "b"), LinkRequest("a", "a"),
      LinkRequest(std::string(257, 'x'), "b"), LinkRequest(std::string("a\0b", 3), "b")};
  requests.push_back(LinkRequest("a", "b"));
  requests.back().mutable_customer_link()->set_note(std::string(1025, 'x'));
  requests.push_back(LinkRequest("a", "b"));
  requests.back().mutable_customer_link()->set_author(std::string(129, 'x'));
  requests.push_back(LinkRequest("a", "b"));
  requests.back().mutable_customer_link()->set_method(static_cast<v1::CustomerLink::Method>(77));
  requests.push_back(LinkRequest("a", "b"));
  requests.back().set_request_id(std::string(129, 'x'));
  for (const auto& request : requests) {
    EXPECT_EQ(ReasonOf(Create(*service_, request).status()), "INVALID_FIELD")
        << request.ShortDebugString();
  }
  EXPECT_EQ(ReasonOf(Get("tenants/demo/customerLinks/none").status()), "CUSTOMER_LINK_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Get("tenants/demo/links/none").status()), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(Get("tenants/other/customerLinks/none").status()), "TENANT_DENIED");
  EXPECT_THAT(service_->PullAll(), IsEmpty());
}

TEST_P(CustomerServiceTest, ListsTheNewestFirstPageByPage) {
  for (const char* other : {"b", "c", "d"}) ASSERT_TRUE(Link(*service_, "a", other).ok());
  ASSERT_TRUE(Link(*service_, "x", "c").ok());
  EXPECT_THAT(List("", 3), ElementsAre("x-c", "a-d", "a-c", "a-b"));
  EXPECT_THAT(List("", 1), ElementsAre("x-c", "a-d", "a-c", "a-b"));
  EXPECT_THAT(List("c", 1), ElementsAre("x-c", "a-c"));
  EXPECT_THAT(List("nobody", 10), IsEmpty());
}

TEST_P(CustomerServiceTest, LinksAndKeysAreKnownAfterARestart) {
  service_->Ingest({Visit("v")});
  const auto link = Link(*service_, "a", "b");
  service_->Ingest({Visit("w")});
  const std::string end = service_->end();
  Restart();
  EXPECT_THAT(IdsOf(*service_, "b"), ElementsAre("a", "b"));
  EXPECT_EQ(service_->IngestOne(Visit("v")), v1::INGEST_OUTCOME_DUPLICATE);
  v1::ListSignalsRequest request;
  request.set_min_position(end);
  EXPECT_THAT(service_->List(request), SizeIs(2)) << "the index passes links by";
}

/// Who is linked with whom by the feed alone, as long as numbers and feed have one order.
std::set<std::string> LinkedByFeed(const std::vector<v1::Change>& changes) {
  std::set<std::string> linked;
  int64_t revision = 0;
  for (const v1::Change& change : changes) {
    if (!change.has_customer_link()) continue;
    EXPECT_GT(change.customer_link().revision(), revision);
    revision = change.customer_link().revision();
    if (change.kind() == v1::Change::KIND_LINKED) {
      EXPECT_TRUE(linked.insert(change.customer_link().name()).second);
    } else {
      EXPECT_EQ(linked.erase(change.customer_link().name()), 1u);
    }
  }
  return linked;
}

// Each service links and unlinks the same few pairs as fast as it can.
void LinkAndUnlinkAtOnce(std::vector<TestService*> services) {
  std::vector<std::thread> callers;
  for (size_t i = 0; i < 4; ++i) {
    callers.emplace_back([&services, i] {
      TestService& service = *services[i % services.size()];
      for (int round = 0; round < 25; ++round) {
        const auto link = Link(service, absl::StrCat("a", round % 3), absl::StrCat("b", i % 2));
        ASSERT_TRUE(link.ok()) << link.status();
        if (round == 24) break;
        Unlink(service, link->name()).IgnoreError();  // another caller may have been first
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

void ExpectFeedAndTableAgree(TestService& service) {
  v1::ListCustomerLinksRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(1000);
  const auto listed =
      rpc::ClientCall(service.customers(), &Stub::ListCustomerLinks, request, {.tenant = "demo"});
  ASSERT_TRUE(listed.ok()) << listed.status();
  std::set<std::string> names;
  for (const v1::CustomerLink& link : listed->customer_links()) names.insert(link.name());
  EXPECT_THAT(names, Not(IsEmpty()));
  EXPECT_EQ(LinkedByFeed(service.PullAll()), names);
}

TEST_P(CustomerServiceTest, TheFeedHasTheOrderInWhichCallersAtOnceWereServed) {
  LinkAndUnlinkAtOnce({service_.get()});
  ExpectFeedAndTableAgree(*service_);
}

TEST(CustomerReplicasTest, TheFeedHasTheOrderInWhichReplicasServed) {
  WM_REQUIRE_BACKEND("postgres");
  const std::string url = testing::FreshDatabaseUrl("postgres");
  TestService first(url), second(url);
  LinkAndUnlinkAtOnce({&first, &second});
  ExpectFeedAndTableAgree(first);
  ExpectFeedAndTableAgree(second);
}

}  // namespace
}  // namespace waymark::feedback
