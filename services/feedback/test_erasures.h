#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/feedback/test_service.h"

// What tests of erasing customers send and ask, as callers do, of tenant demo.
namespace waymark::feedback {

inline constexpr auto kRecorded = v1::INGEST_OUTCOME_RECORDED;
inline constexpr auto kDuplicate = v1::INGEST_OUTCOME_DUPLICATE;
inline constexpr auto kUpdated = v1::INGEST_OUTCOME_UPDATED;
inline constexpr auto kConflict = v1::INGEST_OUTCOME_CONFLICT;
inline constexpr auto kErased = v1::INGEST_OUTCOME_ERASED;

// An id and words that nothing else holds.
inline constexpr char kAlice[] = "alice-4711-liddell";
inline constexpr char kWord[] = "jabberwocky";

inline v1::Signal By(v1::Signal signal, const std::string& customer) {
  signal.set_customer(customer);
  return signal;
}

inline v1::Signal Deleted(const std::string& external_id, int64_t revision,
                          const std::string& customer) {
  v1::Signal signal = Visit(external_id, revision, "visit", customer);
  signal.clear_interaction();
  signal.set_deleted(true);
  return signal;
}

inline absl::StatusOr<v1::CustomerErasure> TryErase(TestService& service,
                                                    const std::string& customer,
                                                    const std::string& request_id = "") {
  v1::CreateCustomerErasureRequest request;
  request.set_parent("tenants/demo");
  request.set_customer(customer);
  request.set_request_id(request_id);
  auto erasure = rpc::ClientCall(service.erasures(),
                                 &v1::CustomerErasureService::StubInterface::CreateCustomerErasure,
                                 request, {.tenant = "demo"});
  if (erasure.ok()) service.Await("demo", erasure->position());
  return erasure;
}

inline absl::StatusOr<v1::CustomerErasure> GetErasure(TestService& service,
                                                      const std::string& name) {
  v1::GetCustomerErasureRequest request;
  request.set_name(name);
  return rpc::ClientCall(service.erasures(),
                         &v1::CustomerErasureService::StubInterface::GetCustomerErasure, request,
                         {.tenant = "demo"});
}

inline v1::CustomerErasure AwaitDone(TestService& service, const std::string& name) {
  for (const absl::Time end = absl::Now() + absl::Seconds(60); absl::Now() < end;) {
    const auto erasure = GetErasure(service, name);
    EXPECT_TRUE(erasure.ok()) << erasure.status();
    if (!erasure.ok() || erasure->state() == v1::CustomerErasure::STATE_DONE) {
      return erasure.ok() ? *erasure : v1::CustomerErasure();
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  ADD_FAILURE() << name << " is not done";
  return {};
}

/// Erases the customer and waits until that is done.
inline v1::CustomerErasure Erase(TestService& service, const std::string& customer) {
  const auto erasure = TryErase(service, customer);
  EXPECT_TRUE(erasure.ok()) << erasure.status();
  return erasure.ok() ? AwaitDone(service, erasure->name()) : v1::CustomerErasure();
}

inline std::vector<v1::CustomerErasure> AllErasures(TestService& service) {
  v1::ListCustomerErasuresRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(500);
  const auto page = rpc::ClientCall(
      service.erasures(), &v1::CustomerErasureService::StubInterface::ListCustomerErasures, request,
      {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return {};
  return {page->customer_erasures().begin(), page->customer_erasures().end()};
}

inline void AwaitAllDone(TestService& service) {
  for (const v1::CustomerErasure& one : AllErasures(service)) AwaitDone(service, one.name());
}

/// Names of the erasures that were accepted with the one called `name`.
inline std::vector<std::string> AcceptedWith(TestService& service, const std::string& name) {
  std::vector<std::string> names;
  for (const v1::CustomerErasure& one : AllErasures(service)) {
    if (one.accepted_with() == name) names.push_back(one.name());
  }
  return names;
}

/// Returns the link's name.
inline std::string Link(TestService& service, const std::string& one, const std::string& other) {
  v1::CreateCustomerLinkRequest request;
  request.set_parent("tenants/demo");
  request.mutable_customer_link()->set_customer(one);
  request.mutable_customer_link()->set_linked_customer(other);
  const auto link =
      rpc::ClientCall(service.customers(), &v1::CustomerService::StubInterface::CreateCustomerLink,
                      request, {.tenant = "demo"});
  EXPECT_TRUE(link.ok()) << link.status();
  return link.ok() ? link->name() : "";
}

inline void Unlink(TestService& service, const std::string& name) {
  v1::DeleteCustomerLinkRequest request;
  request.set_name(name);
  const auto answer =
      rpc::ClientCall(service.customers(), &v1::CustomerService::StubInterface::DeleteCustomerLink,
                      request, {.tenant = "demo"});
  EXPECT_TRUE(answer.ok()) << answer.status();
}

inline std::vector<std::string> LinkedPairs(TestService& service) {
  v1::ListCustomerLinksRequest request;
  request.set_parent("tenants/demo");
  const auto page =
      rpc::ClientCall(service.customers(), &v1::CustomerService::StubInterface::ListCustomerLinks,
                      request, {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  std::vector<std::string> pairs;
  for (const v1::CustomerLink& link : page->customer_links()) {
    pairs.push_back(absl::StrCat(link.customer(), "-", link.linked_customer()));
  }
  return pairs;
}

inline absl::Status GetSignal(TestService& service, const std::string& source,
                              const std::string& external_id) {
  v1::GetSignalRequest request;
  request.set_parent("tenants/demo");
  request.set_source(source);
  request.set_external_id(external_id);
  return rpc::ClientCall(service.signals(), &v1::SignalService::StubInterface::GetSignal, request,
                         {.tenant = "demo"})
      .status();
}

inline std::vector<std::string> Listed(TestService& service, const std::string& search = "") {
  v1::ListSignalsRequest request;
  request.set_search(search);
  std::vector<std::string> ids;
  for (const v1::StoredSignal& one : service.List(request)) {
    ids.push_back(one.signal().external_id());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

inline std::vector<v1::QuarantinedSignal> Quarantined(TestService& service) {
  v1::ListQuarantinedSignalsRequest request;
  request.set_parent("tenants/demo");
  const auto page = rpc::ClientCall(service.quarantine(),
                                    &v1::QuarantineService::StubInterface::ListQuarantinedSignals,
                                    request, {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return {};
  return {page->quarantined_signals().begin(), page->quarantined_signals().end()};
}

inline v1::IngestCounts CountsOf(TestService& service, const std::string& source) {
  v1::GetSourceRequest request;
  request.set_name("tenants/demo/sources/" + source);
  const auto found = rpc::ClientCall(
      service.sources(), &v1::SourceService::StubInterface::GetSource, request, {.tenant = "demo"});
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? found->counts() : v1::IngestCounts();
}

/// Whether any of the changes holds `text`.
inline bool Names(const std::vector<v1::Change>& changes, const std::string& text) {
  return std::any_of(changes.begin(), changes.end(), [&](const v1::Change& change) {
    return absl::StrContains(change.SerializeAsString(), text);
  });
}

}  // namespace waymark::feedback
