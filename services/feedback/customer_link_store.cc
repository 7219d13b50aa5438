#include "services/feedback/customer_link_store.h"

#include <algorithm>

#include "absl/container/btree_set.h"
#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Row;
using sql::Value;

absl::StatusOr<v1::CustomerLink> Parse(absl::string_view bytes) {
  v1::CustomerLink link;
  if (!link.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a link of customers cannot be read");
  }
  return link;
}

// Both are looked up by an index of their own.
constexpr char kSelectNeighbours[] =
    "SELECT high FROM customer_links WHERE tenant = $1 AND low = $2 "
    "UNION SELECT low FROM customer_links WHERE tenant = $1 AND high = $2";
constexpr char kSelectAll[] =
    "SELECT link FROM customer_links WHERE tenant = $1 AND revision < $2 "
    "ORDER BY revision DESC LIMIT $3";
constexpr char kSelectOfCustomer[] =
    "SELECT link FROM customer_links WHERE tenant = $1 AND revision < $2 "
    "AND (low = $4 OR high = $4) ORDER BY revision DESC LIMIT $3";

}  // namespace

absl::StatusOr<std::optional<v1::CustomerLink>> CustomerLinkStore::Find(Connection& connection,
                                                                        absl::string_view tenant,
                                                                        absl::string_view id) {
  const Value params[] = {tenant, id};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT link FROM customer_links WHERE tenant = $1 AND id = $2", params));
  if (result.empty()) return std::nullopt;
  WM_ASSIGN_OR_RETURN(v1::CustomerLink link, Parse(result[0].View(0)));
  return std::make_optional(std::move(link));
}

absl::Status CustomerLinkStore::Insert(Connection& connection, absl::string_view tenant,
                                       absl::string_view id, const v1::CustomerLink& link) {
  const auto [low, high] = std::minmax(link.customer(), link.linked_customer());
  const Value row[] = {
      tenant, id, low, high, link.revision(), Value::Bytes(link.SerializeAsString())};
  return connection
      .Execute(
          "INSERT INTO customer_links (tenant, id, low, high, revision, link) "
          "VALUES ($1, $2, $3, $4, $5, $6)",
          row)
      .status();
}

absl::Status CustomerLinkStore::Delete(Connection& connection, absl::string_view tenant,
                                       absl::string_view id) {
  const Value params[] = {tenant, id};
  return connection.Execute("DELETE FROM customer_links WHERE tenant = $1 AND id = $2", params)
      .status();
}

absl::Status CustomerLinkStore::DeleteOf(Connection& connection, absl::string_view tenant,
                                         absl::string_view customer) {
  const Value params[] = {tenant, customer};
  return connection
      .Execute("DELETE FROM customer_links WHERE tenant = $1 AND (low = $2 OR high = $2)", params)
      .status();
}

absl::StatusOr<std::vector<v1::CustomerLink>> CustomerLinkStore::List(Connection& connection,
                                                                      absl::string_view tenant,
                                                                      absl::string_view customer,
                                                                      int64_t before, int limit) {
  std::vector<Value> params = {tenant, before, limit};
  if (!customer.empty()) params.emplace_back(customer);
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(customer.empty() ? kSelectAll : kSelectOfCustomer, params));
  std::vector<v1::CustomerLink> links;
  for (const Row row : result) {
    WM_ASSIGN_OR_RETURN(links.emplace_back(), Parse(row.View(0)));
  }
  return links;
}

absl::StatusOr<std::vector<std::string>> CustomerLinkStore::IdsOf(Connection& connection,
                                                                  absl::string_view tenant,
                                                                  const std::string& customer) {
  absl::btree_set<std::string> ids = {customer};
  std::vector<std::string> waiting = {customer};
  while (!waiting.empty()) {
    const Value params[] = {tenant, waiting.back()};
    waiting.pop_back();
    WM_ASSIGN_OR_RETURN(const sql::Result result, connection.Execute(kSelectNeighbours, params));
    for (const Row row : result) {
      if (ids.insert(row.Text(0)).second) waiting.push_back(row.Text(0));
    }
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

absl::StatusOr<std::string> CustomerLinkStore::FindRequest(Connection& connection,
                                                           absl::string_view tenant,
                                                           absl::string_view request_id,
                                                           absl::Time since) {
  const Value params[] = {tenant, request_id, absl::ToUnixMicros(since)};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT id FROM customer_link_requests "
                         "WHERE tenant = $1 AND request_id = $2 AND create_time >= $3",
                         params));
  return result.empty() ? "" : result[0].Text(0);
}

absl::Status CustomerLinkStore::InsertRequest(Connection& connection, absl::string_view tenant,
                                              absl::string_view request_id, absl::string_view id,
                                              absl::Time now, absl::Time since) {
  const Value old[] = {absl::ToUnixMicros(since)};
  WM_RETURN_IF_ERROR(
      connection.Execute("DELETE FROM customer_link_requests WHERE create_time < $1", old)
          .status());
  const Value row[] = {tenant, request_id, id, absl::ToUnixMicros(now)};
  return connection
      .Execute(
          "INSERT INTO customer_link_requests (tenant, request_id, id, create_time) "
          "VALUES ($1, $2, $3, $4)",
          row)
      .status();
}

}  // namespace waymark::feedback
