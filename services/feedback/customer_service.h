#pragma once

#include "grpcpp/server_context.h"
#include "libs/rpc/call.h"
#include "services/feedback/customer_links.h"
#include "waymark/feedback/v1/customer_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of customers and their links. Thread-safe.
class CustomerServiceImpl final : public v1::CustomerService::Service {
 public:
  /// `links` must outlive it.
  CustomerServiceImpl(const rpc::Environment& environment, CustomerLinks* links);

  grpc::Status CreateCustomerLink(grpc::ServerContext* context,
                                  const v1::CreateCustomerLinkRequest* request,
                                  v1::CustomerLink* response) override;
  grpc::Status DeleteCustomerLink(grpc::ServerContext* context,
                                  const v1::DeleteCustomerLinkRequest* request,
                                  v1::DeleteCustomerLinkResponse* response) override;
  grpc::Status GetCustomerLink(grpc::ServerContext* context,
                               const v1::GetCustomerLinkRequest* request,
                               v1::CustomerLink* response) override;
  grpc::Status ListCustomerLinks(grpc::ServerContext* context,
                                 const v1::ListCustomerLinksRequest* request,
                                 v1::ListCustomerLinksResponse* response) override;
  grpc::Status GetCustomer(grpc::ServerContext* context, const v1::GetCustomerRequest* request,
                           v1::Customer* response) override;

 private:
  rpc::Shell shell_;
  CustomerLinks* const links_;
};

}  // namespace waymark::feedback
