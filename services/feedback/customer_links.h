#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/text/redaction.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"
#include "services/feedback/writer.h"
#include "waymark/feedback/v1/customer_link.pb.h"

namespace waymark::feedback {

/// Which customer ids are the same person. A link or an unlinking is a change of the table and an
/// entry of the journal in one transaction; those of a tenant come one after another. Statuses are
/// those of Writer::Append or sql::Connection besides what is said. Thread-safe.
class CustomerLinks {
 public:
  /// Both must outlive it.
  CustomerLinks(Store* journal, Writer* writer) : journal_(journal), writer_(writer) {}

  /// Links what `link` names, or returns the link that there is; on disk when it returns. Its
  /// fields are valid, what the server sets is ignored. FAILED_PRECONDITION (CUSTOMER_TOO_LARGE).
  /// With a request_id that is known: what that made, INVALID_ARGUMENT (INVALID_FIELD) when this is
  /// another pair, NOT_FOUND (CUSTOMER_LINK_NOT_FOUND) when it has been deleted since.
  absl::StatusOr<v1::CustomerLink> Create(const std::string& tenant, v1::CustomerLink link,
                                          const std::string& request_id);

  /// Where the unlinking stands in the feed. NOT_FOUND (CUSTOMER_LINK_NOT_FOUND).
  absl::StatusOr<Position> Delete(const std::string& tenant, const std::string& name);

  /// NOT_FOUND (CUSTOMER_LINK_NOT_FOUND).
  absl::StatusOr<v1::CustomerLink> Get(const std::string& tenant, const std::string& name) const;

  /// As CustomerLinkStore::List.
  absl::StatusOr<std::vector<v1::CustomerLink>> List(const std::string& tenant,
                                                     const std::string& customer, int64_t before,
                                                     int limit) const;

  /// As CustomerLinkStore::IdsOf.
  absl::StatusOr<std::vector<std::string>> IdsOf(const std::string& tenant,
                                                 const std::string& customer) const;

 private:
  /// What the transaction came to; an error is no error of the journal's.
  using Answer = absl::StatusOr<v1::CustomerLink>;

  absl::Status CreateIn(const JournalTransaction& transaction, const std::string& tenant,
                        const v1::CustomerLink& link, const std::string& request_id,
                        BlockBuilder* block, Answer* answer) const;
  /// What answers the request without anything being linked; nothing: link them.
  static absl::StatusOr<std::optional<Answer>> AnswerOld(const JournalTransaction& transaction,
                                                         const std::string& tenant,
                                                         const std::string& id,
                                                         const std::string& request_id);
  absl::Status DeleteIn(const JournalTransaction& transaction, const std::string& tenant,
                        const std::string& name, BlockBuilder* block, Answer* answer) const;
  /// Of a pair, in whatever order.
  Hash128 HashOf(const std::string& tenant, const v1::CustomerLink& link) const;

  Store* const journal_;
  Writer* const writer_;
  const text::Redactor redactor_;
};

}  // namespace waymark::feedback
