// Every error says why, in a form that programs can read, whatever is sent.
#include <functional>
#include <limits>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/api/messages.h"
#include "tests/api/server.h"

namespace waymark::api_test {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::MethodDescriptor;

/// Values at and beyond the edges of what a field may hold, set one at a time.
class Hostile {
 public:
  using Visit = std::function<void(const std::string& what)>;

  /// Calls `visit` for each value of each field below `message` while it is in place in `root`;
  /// resource names, which decide about the tenant, keep theirs.
  static void ForEach(const std::string& path, int depth, Message* message, const Visit& visit) {
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message->GetDescriptor()->field(i);
      // Waiting is what they ask for: see deadline_test.cc.
      if (field->name() == "min_position" || field->name() == "wait") continue;
      const std::string here = absl::StrCat(path, ".", field->name());
      if (field->message_type() != nullptr) {
        if (depth > 0) IntoMessage(here, depth, field, message, visit);
      } else if (field->name() != "name" && field->name() != "parent") {
        Scalars(here, field, message, visit);
      }
    }
  }

 private:
  static void IntoMessage(const std::string& path, int depth, const FieldDescriptor* field,
                          Message* message, const Visit& visit) {
    const auto* reflection = message->GetReflection();
    const bool was_set = !field->is_repeated() && reflection->HasField(*message, field);
    Message* inner = field->is_repeated() ? reflection->AddMessage(message, field)
                                          : reflection->MutableMessage(message, field);
    visit(path);
    ForEach(path, depth - 1, inner, visit);
    if (!was_set) reflection->ClearField(message, field);
  }

  template <typename Value, typename Set, typename Add>
  static void Each(const std::string& path, const FieldDescriptor* field, Message* message,
                   const Visit& visit, const std::vector<Value>& values, Set set, Add add) {
    const auto* reflection = message->GetReflection();
    for (size_t i = 0; i < values.size(); ++i) {
      if (field->is_repeated()) {
        (reflection->*add)(message, field, values[i]);
      } else {
        (reflection->*set)(message, field, values[i]);
      }
      visit(absl::StrCat(path, " = value ", i));
      reflection->ClearField(message, field);
    }
  }

  static void Scalars(const std::string& path, const FieldDescriptor* field, Message* message,
                      const Visit& visit) {
    using google::protobuf::Reflection;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Each<std::string>(path, field, message, visit,
                                 {"x", "tenants/nobody/actions/a", "' OR 1=1 --", "\xc3\xa9 \n\t",
                                  std::string("\0", 1), std::string(100'000, 'x')},
                                 &Reflection::SetString, &Reflection::AddString);
      case FieldDescriptor::CPPTYPE_INT32:
        return Each<int32_t>(
            path, field, message, visit,
            {-1, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()},
            &Reflection::SetInt32, &Reflection::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return Each<int64_t>(
            path, field, message, visit,
            {-1, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()},
            &Reflection::SetInt64, &Reflection::AddInt64);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Each<double>(path, field, message, visit,
                            {-1, 1e308, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()},
                            &Reflection::SetDouble, &Reflection::AddDouble);
      case FieldDescriptor::CPPTYPE_ENUM:
        return Each<int>(path, field, message, visit, {1, 99, -1}, &Reflection::SetEnumValue,
                         &Reflection::AddEnumValue);
      case FieldDescriptor::CPPTYPE_BOOL:
        return Each<bool>(path, field, message, visit, {true}, &Reflection::SetBool,
                          &Reflection::AddBool);
      default:
        ADD_FAILURE() << path << " has a type that this test knows no values of";
    }
  }
};

class ErrorTest : public ApiTest {
 protected:
  grpc::Status Send(const MethodDescriptor& method, const Message& request) {
    const auto response = server_->schema().New(method.output_type());
    return Call(*server_, method, {{"waymark-tenant", client_.tenant()}}, request, response.get());
  }

  // The names that the RPC takes: it complains of no name.
  std::vector<std::string> NamesFor(const MethodDescriptor& method) {
    std::vector<std::string> taken;
    for (const char* rest : {"", "/touchpoints/x", "/personas/x", "/journeyMaps/x", "/programmes/x",
                             "/actions/x", "/cases/x", "/touchpointCatalogue", "/sources/web",
                             "/sources/web/schema", "/sources/web/statistics",
                             "/quarantinedSignals/x", "/customerErasures/x", "/customerLinks/x"}) {
      const auto request = server_->schema().New(method.input_type());
      SetResourceName(client_.parent() + rest, request.get());
      const common::v1::ErrorInfo info = ErrorInfoOf(Send(method, *request));
      bool complains = false;
      for (const auto& [field, problem] : info.metadata()) {
        const std::vector<std::string> path = absl::StrSplit(field, '.');
        complains |= path.back() == "name" || path.back() == "parent";
      }
      if (!complains) taken.push_back(client_.parent() + rest);
    }
    return taken;
  }
};

TEST_F(ErrorTest, WhateverIsSentAnErrorNamesAReasonOfOurs) {
  int errors = 0;
  for (const MethodDescriptor* method : server_->schema().Methods()) {
    const std::vector<std::string> names = NamesFor(*method);
    EXPECT_FALSE(names.empty()) << method->full_name() << " takes no name that a resource has";
    for (const std::string& name : names) {
      const auto request = server_->schema().New(method->input_type());
      SetResourceName(name, request.get());
      Hostile::ForEach(method->name(), 4, request.get(), [&](const std::string& what) {
        const grpc::Status status = Send(*method, *request);
        if (status.ok()) return;
        ++errors;
        EXPECT_EQ(DetailsProblem(status), "") << what << ": " << Describe(status);
        EXPECT_THAT(
            status.error_code(),
            ::testing::AnyOf(grpc::INVALID_ARGUMENT, grpc::NOT_FOUND, grpc::FAILED_PRECONDITION,
                             grpc::ABORTED, grpc::ALREADY_EXISTS, grpc::RESOURCE_EXHAUSTED))
            << what << ": " << Describe(status);
      });
    }
  }
  EXPECT_GT(errors, 500);
}

TEST_F(ErrorTest, WhatIsMissingIsNamed) {
  const std::map<std::string, std::pair<std::string, std::string>> missing = {
      {"GetTouchpoint", {"name: '$0/touchpoints/none'", "TOUCHPOINT_NOT_FOUND"}},
      {"UpdateTouchpoint", {"touchpoint { name: '$0/touchpoints/none' }", "TOUCHPOINT_NOT_FOUND"}},
      {"DeleteTouchpoint", {"name: '$0/touchpoints/none'", "TOUCHPOINT_NOT_FOUND"}},
      {"GetPersona", {"name: '$0/personas/none'", "PERSONA_NOT_FOUND"}},
      {"UpdatePersona", {"persona { name: '$0/personas/none' }", "PERSONA_NOT_FOUND"}},
      {"DeletePersona", {"name: '$0/personas/none'", "PERSONA_NOT_FOUND"}},
      {"GetJourneyMap", {"name: '$0/journeyMaps/none'", "JOURNEY_MAP_NOT_FOUND"}},
      {"UpdateJourneyMap",
       {"journey_map { name: '$0/journeyMaps/none' }", "JOURNEY_MAP_NOT_FOUND"}},
      {"DeleteJourneyMap", {"name: '$0/journeyMaps/none'", "JOURNEY_MAP_NOT_FOUND"}},
      {"RenderJourneyMap", {"name: '$0/journeyMaps/none'", "JOURNEY_MAP_NOT_FOUND"}},
      {"GetScoreReport", {"name: '$0/journeyMaps/none'", "JOURNEY_MAP_NOT_FOUND"}},
      {"ListPriorities", {"parent: '$0/journeyMaps/none'", "JOURNEY_MAP_NOT_FOUND"}},
      {"DiscoverGraph", {"parent: '$0' filter { sources: 'none' }", "SOURCE_NOT_FOUND"}},
      {"DiscoverVariants", {"parent: '$0' filter { sources: 'none' }", "SOURCE_NOT_FOUND"}},
      {"DiscoverHandoffs", {"parent: '$0' filter { sources: 'none' }", "SOURCE_NOT_FOUND"}},
      {"ComputeFunnel",
       {"parent: '$0' activities: 'a' activities: 'b' filter { sources: 'none' }",
        "SOURCE_NOT_FOUND"}},
      {"ComputeMetric",
       {"parent: '$0' metric: METRIC_NPS filter { sources: 'none' }", "SOURCE_NOT_FOUND"}},
      {"GetProgramme", {"name: '$0/programmes/none'", "PROGRAMME_NOT_FOUND"}},
      {"UpdateProgramme", {"programme { name: '$0/programmes/none' }", "PROGRAMME_NOT_FOUND"}},
      {"GetAction", {"name: '$0/actions/none'", "ACTION_NOT_FOUND"}},
      {"UpdateAction", {"action { name: '$0/actions/none' }", "ACTION_NOT_FOUND"}},
      {"EvaluateAction", {"name: '$0/actions/none'", "ACTION_NOT_FOUND"}},
      {"GetSource", {"name: '$0/sources/none'", "SOURCE_NOT_FOUND"}},
      {"UpdateSource", {"source { name: '$0/sources/none' }", "SOURCE_NOT_FOUND"}},
      {"GetSourceSchema", {"name: '$0/sources/none/schema'", "SOURCE_NOT_FOUND"}},
      {"AcceptSourceSchema", {"name: '$0/sources/none/schema'", "SOURCE_NOT_FOUND"}},
      {"GetSourceStatistics", {"name: '$0/sources/none/statistics'", "SOURCE_NOT_FOUND"}},
      {"GetSignal", {"parent: '$0' source: 'none' external_id: 'a'", "SIGNAL_NOT_FOUND"}},
      {"GetConversation",
       {"parent: '$0' source: 'none' conversation: 'c'", "CONVERSATION_NOT_FOUND"}},
      {"GetCase", {"name: '$0/cases/none'", "CASE_NOT_FOUND"}},
      {"UpdateCase", {"case { name: '$0/cases/none' }", "CASE_NOT_FOUND"}}};
  for (const auto& [method, about] : missing) {
    const grpc::Status status = client_.Send(method, about.first).status;
    EXPECT_THAT(status, Fails(grpc::NOT_FOUND, about.second)) << method;
    EXPECT_THAT(status.error_message(), ::testing::HasSubstr("none")) << method;
  }
}

TEST_F(ErrorTest, ThatNamesVeryMuchStillArrivesWithItsReason) {
  std::string steps;
  for (int i = 0; i < 50; ++i) {
    absl::StrAppend(&steps, "steps { id: 'no id \xc3\xa9", i, "' touchpoint: 'none either' } ");
  }
  const grpc::Status invalid =
      client_
          .Send("UpdateJourneyMap", absl::StrCat("journey_map { name: '$0/journeyMaps/m' stages { ",
                                                 steps, " } } allow_missing: true"))
          .status;
  EXPECT_THAT(invalid, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(invalid.error_message(), ::testing::HasSubstr("101 fields are wrong"));
  EXPECT_THAT(client_
                  .Send("ComputeMetric", absl::StrCat("parent: '$0' metric: METRIC_NPS question: '",
                                                      std::string(100'000, 'q'), "'"))
                  .status,
              Fails(grpc::NOT_FOUND, "QUESTION_NOT_FOUND"));
}

TEST_F(ErrorTest, AFilterSearchOrOrderThatCannotBeReadIsRefusedWithItsPlace) {
  const std::tuple<const char*, const char*, const char*> requests[] = {
      {"filter: 'source = '", "filter", "column 10"},
      {"filter: 'colour = \"red\"'", "filter", "column 1"},
      {"filter: 'kind = PHONE'", "filter", "column 8"},
      {"search: 'slow \"wifi'", "search", "at byte 6"},
      {"search: '-slow'", "search", "at least one word"},
      {"order_by: 'customer'", "order_by", "event_time desc"}};
  for (const auto& [request, field, place] : requests) {
    const grpc::Status status =
        client_.Send("ListSignals", absl::StrCat("parent: '$0' ", request)).status;
    EXPECT_THAT(status, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD")) << request;
    EXPECT_THAT(status.error_message(), ::testing::HasSubstr(field)) << request;
    EXPECT_THAT(status.error_message(), ::testing::HasSubstr(place)) << request;
  }
}

TEST_F(ErrorTest, TimesBeyondTheCalendarAreRefused) {
  for (const char* end : {"start_time", "end_time"}) {
    for (const char* seconds : {"9223372036854775807", "-9223372036854775808"}) {
      const std::string range = absl::StrCat("time_range { ", end, " { seconds: ", seconds, " } }");
      const std::pair<std::string, std::string> requests[] = {
          {"DiscoverGraph", absl::StrCat("parent: '$0' filter { ", range, " }")},
          {"ComputeMetric", absl::StrCat("parent: '$0' metric: METRIC_NPS filter { ", range, " }")},
          {"GetSourceStatistics", absl::StrCat("name: '$0/sources/web/statistics' ", range)},
          {"GetScoreReport", absl::StrCat("name: '$0/journeyMaps/m' ", range)}};
      for (const auto& [method, request] : requests) {
        const grpc::Status status = client_.Send(method, request).status;
        EXPECT_THAT(status, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD")) << method;
        EXPECT_THAT(status.error_message(), ::testing::HasSubstr(end)) << method;
      }
    }
  }
}

TEST_F(ErrorTest, ADamagedPageTokenIsRefusedByEveryList) {
  ASSERT_THAT(
      client_
          .Send("UpdateTouchpoint", "touchpoint { name: '$0/touchpoints/t' } allow_missing: true")
          .status,
      IsOk());
  ASSERT_THAT(
      client_
          .Send("UpdateJourneyMap",
                "journey_map { name: '$0/journeyMaps/m' "
                "stages { id: 's' steps { id: 'p' touchpoint: 't' } } } allow_missing: true")
          .status,
      IsOk());
  int lists = 0;
  for (const MethodDescriptor* method : server_->schema().Methods()) {
    if (method->input_type()->FindFieldByName("page_token") == nullptr) continue;
    const std::string parent = method->name() == "ListPriorities" ? "$0/journeyMaps/m" : "$0";
    for (const char* token : {"x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "../../etc", "%"}) {
      EXPECT_THAT(client_
                      .Send(method->name(),
                            absl::StrCat("parent: '", parent, "' page_token: '", token, "'"))
                      .status,
                  Fails(grpc::INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"))
          << method->full_name();
    }
    ++lists;
  }
  EXPECT_GE(lists, 10);
}

}  // namespace
}  // namespace waymark::api_test
