#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"
#include "libs/sql/database.h"
#include "waymark/action/v1/action.pb.h"
#include "waymark/action/v1/case.pb.h"
#include "waymark/action/v1/programme.pb.h"

namespace waymark::action {

/// Where a resource stands in the list of its kind: programmes by id, actions the newest first,
/// cases those due first, equals by id (byte by byte). The default is before all.
struct ListPosition {
  int64_t order = std::numeric_limits<int64_t>::min();
  std::string id;
};

ListPosition PositionOf(const v1::Programme& programme);
ListPosition PositionOf(const v1::Action& action);
ListPosition PositionOf(const v1::Case& a_case);

/// The collection of a kind of resource, tenants/{tenant}/{collection}/{id}; also its table.
template <typename Resource>
absl::string_view Collection();

template <>
inline absl::string_view Collection<v1::Programme>() {
  return "programmes";
}
template <>
inline absl::string_view Collection<v1::Action>() {
  return "actions";
}
template <>
inline absl::string_view Collection<v1::Case>() {
  return "cases";
}

/// What a create was answered.
template <typename Resource>
struct Answer {
  /// Of the request.
  std::string fingerprint;
  Resource resource;
};

/// What can be read and written within one transaction of the store. Resources are Programme,
/// Action and Case, known by their names, which must be well-formed. Not thread-safe; valid during
/// the transaction alone.
class Session {
 public:
  explicit Session(sql::Connection* connection) : connection_(connection) {}

  template <typename Resource>
  absl::StatusOr<std::optional<Resource>> Find(absl::string_view name);

  /// At most `limit` resources after `after`. `state` is a number of Resource::State; 0: all.
  template <typename Resource>
  absl::StatusOr<std::vector<Resource>> List(absl::string_view tenant, int state,
                                             const ListPosition& after, int64_t limit);

  /// Sets the resource's etag, then keeps it. False: there is one of that name already.
  template <typename Resource>
  absl::StatusOr<bool> Insert(Resource& resource);
  /// Sets the resource's etag, then keeps it in place of the one of that name.
  template <typename Resource>
  absl::Status Replace(Resource& resource);

  /// The answer to the create of a Resource that had `request_id`, unless it is older than `since`.
  template <typename Resource>
  absl::StatusOr<std::optional<Answer<Resource>>> FindAnswer(absl::string_view tenant,
                                                             absl::string_view request_id,
                                                             absl::Time since);
  /// Keeps an answer given at `now`; there must be none.
  template <typename Resource>
  absl::Status KeepAnswer(absl::string_view tenant, absl::string_view request_id,
                          const Answer<Resource>& answer, absl::Time now);
  /// Removes the answers of all tenants that were given before `time`.
  absl::Status DropAnswersBefore(absl::Time time);

 private:
  /// A resource as its table has it.
  struct Record {
    absl::string_view table;
    absl::string_view name;
    int state;
    int64_t order;
    std::string data;
  };

  static int StateOf(const v1::Programme&) { return 0; }
  static int StateOf(const v1::Action& action) { return action.state(); }
  static int StateOf(const v1::Case& a_case) { return a_case.state(); }

  template <typename Resource>
  static Record Describe(Resource& resource);
  template <typename Resource>
  static absl::StatusOr<Resource> Parse(absl::string_view data);

  absl::StatusOr<sql::Result> SelectOne(absl::string_view table, absl::string_view name);
  absl::StatusOr<sql::Result> SelectPage(absl::string_view table, absl::string_view tenant,
                                         int state, const ListPosition& after, int64_t limit);
  absl::StatusOr<bool> InsertRecord(const Record& record);
  absl::Status UpdateRecord(const Record& record);
  absl::StatusOr<sql::Result> SelectAnswer(absl::string_view table, absl::string_view tenant,
                                           absl::string_view request_id, absl::Time since);
  absl::Status InsertAnswer(absl::string_view table, absl::string_view tenant,
                            absl::string_view request_id, const Answer<std::string>& answer,
                            absl::Time now);

  sql::Connection* const connection_;
};

/// The action service's database: all of its SQL. Thread-safe.
class Store {
 public:
  using Function = absl::FunctionRef<absl::Status(Session&)>;

  /// Opens the database at `url` and brings its schema up to date. As sql::Database::Open and
  /// sql::Migrate.
  static absl::StatusOr<std::unique_ptr<Store>> Open(absl::string_view url);

  /// Runs `fn` on one snapshot, or in one serializable transaction that commits when it returns OK.
  /// `fn` may run several times; as sql::Database::RunRead and RunTransaction.
  absl::Status Read(Function fn);
  absl::Status Write(Function fn);

  absl::Status Ping() { return database_->Ping(); }

 private:
  explicit Store(std::unique_ptr<sql::Database> database) : database_(std::move(database)) {}

  const std::unique_ptr<sql::Database> database_;
};

template <typename Resource>
Session::Record Session::Describe(Resource& resource) {
  resource.set_etag(rpc::MakeEtag(resource));
  return {.table = Collection<Resource>(),
          .name = resource.name(),
          .state = StateOf(resource),
          .order = PositionOf(resource).order,
          .data = resource.SerializeAsString()};
}

template <typename Resource>
absl::StatusOr<Resource> Session::Parse(absl::string_view data) {
  Resource resource;
  if (!resource.ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return absl::DataLossError("a stored resource cannot be read");
  }
  return resource;
}

template <typename Resource>
absl::StatusOr<std::optional<Resource>> Session::Find(absl::string_view name) {
  WM_ASSIGN_OR_RETURN(const sql::Result rows, SelectOne(Collection<Resource>(), name));
  if (rows.empty()) return std::nullopt;
  return Parse<Resource>(rows[0].View(0));
}

template <typename Resource>
absl::StatusOr<std::vector<Resource>> Session::List(absl::string_view tenant, int state,
                                                    const ListPosition& after, int64_t limit) {
  WM_ASSIGN_OR_RETURN(const sql::Result rows,
                      SelectPage(Collection<Resource>(), tenant, state, after, limit));
  std::vector<Resource> page(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    WM_ASSIGN_OR_RETURN(page[i], Parse<Resource>(rows[i].View(0)));
  }
  return page;
}

template <typename Resource>
absl::StatusOr<bool> Session::Insert(Resource& resource) {
  return InsertRecord(Describe(resource));
}

template <typename Resource>
absl::Status Session::Replace(Resource& resource) {
  return UpdateRecord(Describe(resource));
}

template <typename Resource>
absl::StatusOr<std::optional<Answer<Resource>>> Session::FindAnswer(absl::string_view tenant,
                                                                    absl::string_view request_id,
                                                                    absl::Time since) {
  WM_ASSIGN_OR_RETURN(const sql::Result rows,
                      SelectAnswer(Collection<Resource>(), tenant, request_id, since));
  if (rows.empty()) return std::nullopt;
  WM_ASSIGN_OR_RETURN(Resource resource, Parse<Resource>(rows[0].View(1)));
  return Answer<Resource>{rows[0].Text(0), std::move(resource)};
}

template <typename Resource>
absl::Status Session::KeepAnswer(absl::string_view tenant, absl::string_view request_id,
                                 const Answer<Resource>& answer, absl::Time now) {
  return InsertAnswer(Collection<Resource>(), tenant, request_id,
                      {answer.fingerprint, answer.resource.SerializeAsString()}, now);
}

}  // namespace waymark::action
