// Guards the wire contract: what `golden/protos.txt` lists (every message, field, enum value and
// RPC that was released) must still be there, unchanged. Additions are fine; record them with
//   WAYMARK_UPDATE_GOLDEN=1 build/release/bin/proto_compat_test
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/compiler/importer.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace waymark {
namespace {

namespace pb = google::protobuf;
namespace fs = std::filesystem;

constexpr char kGolden[] = "tests/golden/protos.txt";

class Failures : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column,
                const std::string& message) override {
    ADD_FAILURE() << file << ":" << line + 1 << ": " << message;
  }
};

/// The protos as they are written, with their comments.
class Protos {
 public:
  Protos() : importer_(&tree_, &failures_) {
    tree_.MapPath("", "proto");
    for (const auto& entry : fs::recursive_directory_iterator("proto/waymark")) {
      if (entry.path().extension() != ".proto") continue;
      const std::string path(absl::StripPrefix(entry.path().generic_string(), "proto/"));
      if (const pb::FileDescriptor* file = importer_.Import(path)) files_.push_back(file);
    }
  }
  const std::vector<const pb::FileDescriptor*>& files() const { return files_; }

 private:
  class Source : public pb::compiler::DiskSourceTree {
   public:
    // google/protobuf/*.proto come from where protobuf is installed.
    Source() { MapPath("google", "/usr/include/google"); }
  };
  Source tree_;
  Failures failures_;
  pb::compiler::Importer importer_;
  std::vector<const pb::FileDescriptor*> files_;
};

std::string TypeOf(const pb::FieldDescriptor& field) {
  if (field.message_type()) return field.message_type()->full_name();
  if (field.enum_type()) return field.enum_type()->full_name();
  return field.type_name();
}

void DescribeEnum(const pb::EnumDescriptor& type, std::set<std::string>* lines) {
  for (int i = 0; i < type.value_count(); ++i) {
    lines->insert(absl::StrCat("enum ", type.full_name(), " ", type.value(i)->number(), " ",
                               type.value(i)->name()));
  }
}

void DescribeMessage(const pb::Descriptor& type, std::set<std::string>* lines) {
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    lines->insert(absl::StrCat("field ", type.full_name(), " ", field.number(), " ", field.name(),
                               " ", field.is_repeated() ? "repeated " : "", TypeOf(field),
                               field.real_containing_oneof()
                                   ? absl::StrCat(" in ", field.real_containing_oneof()->name())
                                   : ""));
  }
  for (int i = 0; i < type.enum_type_count(); ++i) DescribeEnum(*type.enum_type(i), lines);
  for (int i = 0; i < type.nested_type_count(); ++i) DescribeMessage(*type.nested_type(i), lines);
}

std::set<std::string> Describe(const Protos& protos) {
  std::set<std::string> lines;
  for (const pb::FileDescriptor* file : protos.files()) {
    for (int i = 0; i < file->message_type_count(); ++i)
      DescribeMessage(*file->message_type(i), &lines);
    for (int i = 0; i < file->enum_type_count(); ++i) DescribeEnum(*file->enum_type(i), &lines);
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const pb::MethodDescriptor& rpc = *file->service(i)->method(j);
        lines.insert(
            absl::StrCat("rpc ", rpc.full_name(), " ", rpc.client_streaming() ? "stream " : "",
                         rpc.input_type()->full_name(), " -> ",
                         rpc.server_streaming() ? "stream " : "", rpc.output_type()->full_name()));
      }
    }
  }
  return lines;
}

TEST(ProtoCompat, NothingThatWasReleasedHasChanged) {
  const Protos protos;
  const std::set<std::string> now = Describe(protos);
  if (std::getenv("WAYMARK_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(kGolden);
    for (const std::string& line : now) out << line << "\n";
  }
  std::ifstream golden(kGolden);
  ASSERT_TRUE(golden) << kGolden << " is missing; run from the root of the tree";
  std::set<std::string> released;
  for (std::string line; std::getline(golden, line);) {
    released.insert(line);
    EXPECT_TRUE(now.contains(line)) << "breaks clients: " << line;
  }
  ASSERT_GT(released.size(), 300u);
  for (const std::string& line : now) {
    EXPECT_TRUE(released.contains(line)) << "new, not recorded in " << kGolden << ": " << line;
  }
}

template <typename Descriptor>
void ExpectComment(const Descriptor& element) {
  pb::SourceLocation location;
  EXPECT_TRUE(element.GetSourceLocation(&location) && !location.leading_comments.empty())
      << element.full_name() << " has no comment";
}

void ExpectComments(const pb::Descriptor& type) {
  ExpectComment(type);
  for (int i = 0; i < type.field_count(); ++i) ExpectComment(*type.field(i));
  for (int i = 0; i < type.nested_type_count(); ++i) {
    if (!type.nested_type(i)->options().map_entry()) ExpectComments(*type.nested_type(i));
  }
  for (int i = 0; i < type.enum_type_count(); ++i) {
    ExpectComment(*type.enum_type(i));
    for (int j = 0; j < type.enum_type(i)->value_count(); ++j) {
      ExpectComment(*type.enum_type(i)->value(j));
    }
  }
}

TEST(ProtoStyle, EveryElementHasAComment) {
  const Protos protos;
  ASSERT_GT(protos.files().size(), 15u);
  for (const pb::FileDescriptor* file : protos.files()) {
    for (int i = 0; i < file->message_type_count(); ++i) ExpectComments(*file->message_type(i));
    for (int i = 0; i < file->enum_type_count(); ++i) {
      ExpectComment(*file->enum_type(i));
      for (int j = 0; j < file->enum_type(i)->value_count(); ++j) {
        ExpectComment(*file->enum_type(i)->value(j));
      }
    }
    for (int i = 0; i < file->service_count(); ++i) {
      ExpectComment(*file->service(i));
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        ExpectComment(*file->service(i)->method(j));
      }
    }
  }
}

TEST(ProtoStyle, EveryServiceListsItsErrors) {
  const Protos protos;
  for (const pb::FileDescriptor* file : protos.files()) {
    for (int i = 0; i < file->service_count(); ++i) {
      pb::SourceLocation location;
      ASSERT_TRUE(file->service(i)->GetSourceLocation(&location));
      EXPECT_THAT(location.leading_comments, testing::HasSubstr("PERMISSION_DENIED"));
    }
  }
}

}  // namespace
}  // namespace waymark
