#include "services/cli/client.h"

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"

namespace waymark::cli {
namespace {

absl::Status CheckAddress(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address, "' is no HOST:PORT, e.g. 127.0.0.1:7070"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Addresses> ParseAddresses(absl::string_view text) {
  if (text.find('=') == absl::string_view::npos) {
    WM_RETURN_IF_ERROR(CheckAddress(text));
    const std::string all(text);
    return Addresses{all, all, all, all};
  }
  Addresses addresses;
  const std::map<absl::string_view, std::string*> services = {{"feedback", &addresses.feedback},
                                                              {"journey", &addresses.journey},
                                                              {"scoring", &addresses.scoring},
                                                              {"action", &addresses.action}};
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> entry =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const auto service = services.find(entry.first);
    if (service == services.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", entry.first, "' is no service; there are feedback, journey, scoring and action"));
    }
    WM_RETURN_IF_ERROR(CheckAddress(entry.second));
    *service->second = std::string(entry.second);
  }
  for (const auto& [name, address] : services) {
    if (address->empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the address of ", name, " is missing: add ", name, "=HOST:PORT"));
    }
  }
  return addresses;
}

Client::Client(const Addresses& addresses, std::string tenant, absl::Duration timeout)
    : tenant_(std::move(tenant)), timeout_(timeout) {
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels;
  const auto connect = [&](const std::string& address) {
    auto& channel = channels[address];
    if (channel == nullptr) channel = rpc::MakeChannel(address);
    return channel;
  };
  const auto add = [&]<typename Service>(const Service*, const std::string& address) {
    std::get<Peer<typename Service::StubInterface>>(peers_) = {Service::NewStub(connect(address)),
                                                               address};
  };
  add(static_cast<feedback::v1::FeedbackService*>(nullptr), addresses.feedback);
  add(static_cast<feedback::v1::SignalService*>(nullptr), addresses.feedback);
  add(static_cast<feedback::v1::SourceService*>(nullptr), addresses.feedback);
  add(static_cast<feedback::v1::QuarantineService*>(nullptr), addresses.feedback);
  add(static_cast<feedback::v1::CustomerErasureService*>(nullptr), addresses.feedback);
  add(static_cast<feedback::v1::CustomerService*>(nullptr), addresses.feedback);
  add(static_cast<journey::v1::JourneyService*>(nullptr), addresses.journey);
  add(static_cast<journey::v1::DiscoveryService*>(nullptr), addresses.journey);
  add(static_cast<scoring::v1::ScoringService*>(nullptr), addresses.scoring);
  add(static_cast<action::v1::ActionService*>(nullptr), addresses.action);
}

absl::Status Client::Explain(const absl::Status& status, const std::string& address,
                             absl::Duration timeout) {
  if (GetErrorDetails(status).has_value()) return status;  // the server itself has spoken
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::UnavailableError(absl::StrCat(
          "no server answers at ", address, "; start one with `waymark-standalone --data DIR ",
          "--listen ", address, "`, or name the right one with --server HOST:PORT"));
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError(
          absl::StrCat("the server at ", address, " did not answer within ",
                       absl::FormatDuration(timeout), "; allow more with --timeout"));
    case absl::StatusCode::kUnimplemented:
      return absl::UnimplementedError(
          absl::StrCat("the server at ", address,
                       " does not know this call; it may be another service or an older version"));
    default:
      return status;
  }
}

}  // namespace waymark::cli
