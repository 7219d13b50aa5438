#include <atomic>
#include <cstdlib>
#include <new>

#include "gtest/gtest.h"
#include "libs/filter/filter.h"
#include "libs/filter/test_records.h"

namespace {
std::atomic<int64_t> g_allocations{0};
}  // namespace

// Counts what this test program allocates.
// Not inlined, or g++ sees a free of what came from new.
__attribute__((noinline)) void* operator new(size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace waymark::filter {
namespace {

TEST(Match, AllocatesNothing) {
  const auto filter = Filter::Parse(
      "source = \"a source whose name is longer than a small string\" AND "
      "(NOT kind = SURVEY OR attributes.\"a key that is longer than a small string\" > 7.5) "
      "tags:\"a tag that is longer than a small string\" attributes.number = 'seven*'",
      &TestSchema());
  ASSERT_TRUE(filter.ok()) << filter.status();
  const TestRecord record(
      {{{kSource, ""}, "a source whose name is longer than a small string"},
       {{kKind, ""}, int64_t{1}},
       {{kTags, ""}, std::vector<std::string>{"x", "a tag that is longer than a small string"}},
       {{kAttributes, "a key that is longer than a small string"}, "8.25"},
       {{kAttributes, "number"}, 7.25}});
  const int64_t before = g_allocations;
  ASSERT_GT(before, 0) << "the counter does not count";
  const bool matches = filter->Matches(record);
  EXPECT_EQ(g_allocations, before);
  EXPECT_FALSE(matches) << "7.25 is not seven";
}

}  // namespace
}  // namespace waymark::filter
