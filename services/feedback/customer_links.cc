#include "services/feedback/customer_links.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "services/feedback/customer_link_store.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/errors.h"
#include "services/feedback/preparation.h"
#include "services/feedback/proto_time.h"
#include "services/feedback/revision_store.h"

namespace waymark::feedback {
namespace {

constexpr absl::Duration kRequestsKept = absl::Hours(24);

std::string IdOf(const Hash128& hash) { return absl::StrFormat("%016x%016x", hash.hi, hash.lo); }

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// An entry that tells of the link, from a block that has no other.
void Append(EntryKind kind, const Hash128& hash, const v1::CustomerLink& link,
            BlockBuilder* block) {
  block->Append({.key = hash, .revision = link.revision(), .kind = kind}, link.SerializeAsString());
}

absl::Status Remember(const JournalTransaction& transaction, const std::string& tenant,
                      const std::string& id, const std::string& request_id) {
  if (request_id.empty()) return absl::OkStatus();
  return CustomerLinkStore::InsertRequest(*transaction.connection, tenant, request_id, id,
                                          transaction.now, transaction.now - kRequestsKept);
}

// How many ids the two would be together.
absl::StatusOr<size_t> CountJoined(sql::Connection& connection, const std::string& tenant,
                                   const v1::CustomerLink& link) {
  WM_ASSIGN_OR_RETURN(const auto one,
                      CustomerLinkStore::IdsOf(connection, tenant, link.customer()));
  if (std::binary_search(one.begin(), one.end(), link.linked_customer())) return one.size();
  WM_ASSIGN_OR_RETURN(const auto other,
                      CustomerLinkStore::IdsOf(connection, tenant, link.linked_customer()));
  return one.size() + other.size();
}

}  // namespace

Hash128 CustomerLinks::HashOf(const std::string& tenant, const v1::CustomerLink& link) const {
  const auto [low, high] = std::minmax(link.customer(), link.linked_customer());
  return SignalKey(journal_->hash_key(), absl::StrCat("customerLinks/", tenant), low, high);
}

absl::StatusOr<v1::CustomerLink> CustomerLinks::Create(const std::string& tenant,
                                                       v1::CustomerLink link,
                                                       const std::string& request_id) {
  redactor_.Redact(link.mutable_note());
  Answer answer;
  WM_RETURN_IF_ERROR(
      writer_->Append(tenant, [&](const JournalTransaction& transaction, BlockBuilder* block) {
        return CreateIn(transaction, tenant, link, request_id, block, &answer);
      }));
  return answer;
}

absl::Status CustomerLinks::CreateIn(const JournalTransaction& transaction,
                                     const std::string& tenant, const v1::CustomerLink& link,
                                     const std::string& request_id, BlockBuilder* block,
                                     Answer* answer) const {
  sql::Connection& connection = *transaction.connection;
  WM_ASSIGN_OR_RETURN(const int64_t revision,
                      RevisionStore::Next(connection, tenant, Subject::kLinks));
  const Hash128 hash = HashOf(tenant, link);
  const std::string id = IdOf(hash);
  WM_ASSIGN_OR_RETURN(std::optional<Answer> old, AnswerOld(transaction, tenant, id, request_id));
  if (old.has_value()) {
    *answer = *std::move(old);
    return absl::OkStatus();
  }
  WM_ASSIGN_OR_RETURN(const PendingErasures erasures, PendingErasures::Read(connection));
  if (erasures.Covers(tenant, link.customer()) || erasures.Covers(tenant, link.linked_customer())) {
    *answer = CustomerBeingErased();
    return absl::OkStatus();
  }
  WM_ASSIGN_OR_RETURN(const size_t ids, CountJoined(connection, tenant, link));
  if (ids > kMaxCustomerIds) {
    *answer = CustomerTooLarge(ids, kMaxCustomerIds);
    return absl::OkStatus();
  }
  v1::CustomerLink made = link;
  made.set_name(absl::StrCat("tenants/", tenant, "/customerLinks/", id));
  made.set_revision(revision);
  made.set_position(ToString(transaction.next));
  SetTime(transaction.now, made.mutable_create_time());
  Append(EntryKind::kLinked, hash, made, block);
  WM_RETURN_IF_ERROR(CustomerLinkStore::Insert(connection, tenant, id, made));
  WM_RETURN_IF_ERROR(Remember(transaction, tenant, id, request_id));
  *answer = std::move(made);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<CustomerLinks::Answer>> CustomerLinks::AnswerOld(
    const JournalTransaction& transaction, const std::string& tenant, const std::string& id,
    const std::string& request_id) {
  sql::Connection& connection = *transaction.connection;
  std::string made;
  if (!request_id.empty()) {
    WM_ASSIGN_OR_RETURN(made, CustomerLinkStore::FindRequest(connection, tenant, request_id,
                                                             transaction.now - kRequestsKept));
  }
  if (!made.empty() && made != id) return std::make_optional<Answer>(RequestIdTaken(request_id));
  WM_ASSIGN_OR_RETURN(std::optional<v1::CustomerLink> known,
                      CustomerLinkStore::Find(connection, tenant, id));
  if (known.has_value()) {
    if (made.empty()) WM_RETURN_IF_ERROR(Remember(transaction, tenant, id, request_id));
    return std::make_optional<Answer>(*std::move(known));
  }
  if (!made.empty()) return std::make_optional<Answer>(CustomerLinkGone(request_id));
  return std::nullopt;
}

absl::StatusOr<Position> CustomerLinks::Delete(const std::string& tenant, const std::string& name) {
  Answer answer;
  Position position;
  WM_RETURN_IF_ERROR(
      writer_->Append(tenant, [&](const JournalTransaction& transaction, BlockBuilder* block) {
        position = transaction.next;
        return DeleteIn(transaction, tenant, name, block, &answer);
      }));
  WM_RETURN_IF_ERROR(answer.status());
  return position;
}

absl::Status CustomerLinks::DeleteIn(const JournalTransaction& transaction,
                                     const std::string& tenant, const std::string& name,
                                     BlockBuilder* block, Answer* answer) const {
  sql::Connection& connection = *transaction.connection;
  WM_ASSIGN_OR_RETURN(const int64_t revision,
                      RevisionStore::Next(connection, tenant, Subject::kLinks));
  const std::string id = IdOf(name);
  WM_ASSIGN_OR_RETURN(std::optional<v1::CustomerLink> link,
                      CustomerLinkStore::Find(connection, tenant, id));
  if (!link.has_value()) {
    *answer = CustomerLinkNotFound(name);
    return absl::OkStatus();
  }
  WM_RETURN_IF_ERROR(CustomerLinkStore::Delete(connection, tenant, id));
  link->set_revision(revision);
  Append(EntryKind::kUnlinked, HashOf(tenant, *link), *link, block);
  *answer = *std::move(link);
  return absl::OkStatus();
}

absl::StatusOr<v1::CustomerLink> CustomerLinks::Get(const std::string& tenant,
                                                    const std::string& name) const {
  std::optional<v1::CustomerLink> link;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(link, CustomerLinkStore::Find(connection, tenant, IdOf(name)));
    return absl::OkStatus();
  }));
  if (!link.has_value()) return CustomerLinkNotFound(name);
  return *std::move(link);
}

absl::StatusOr<std::vector<v1::CustomerLink>> CustomerLinks::List(const std::string& tenant,
                                                                  const std::string& customer,
                                                                  int64_t before, int limit) const {
  std::vector<v1::CustomerLink> links;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(links,
                        CustomerLinkStore::List(connection, tenant, customer, before, limit));
    return absl::OkStatus();
  }));
  return links;
}

absl::StatusOr<std::vector<std::string>> CustomerLinks::IdsOf(const std::string& tenant,
                                                              const std::string& customer) const {
  std::vector<std::string> ids;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(ids, CustomerLinkStore::IdsOf(connection, tenant, customer));
    return absl::OkStatus();
  }));
  return ids;
}

}  // namespace waymark::feedback
