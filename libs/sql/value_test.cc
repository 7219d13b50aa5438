#include "libs/sql/value.h"

#include "gtest/gtest.h"

namespace waymark::sql {
namespace {

TEST(ValueTest, HoldsWhatItWasMadeOf) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(nullptr).is_null());
  EXPECT_EQ(Value(true).AsInt(), 1);
  EXPECT_EQ(Value(int64_t{1} << 40).AsInt(), int64_t{1} << 40);
  EXPECT_EQ(Value(7).AsDouble(), 7.0);
  EXPECT_EQ(Value("text").type(), ValueType::kText);
  EXPECT_EQ(Value::Bytes(std::string("\0b", 2)).AsString().size(), 2u);
}

TEST(ValueTest, BorrowsWithoutCopying) {
  const std::string text = "a text that is too long for the small string optimisation";
  EXPECT_EQ(Value::BorrowedText(text).AsString().data(), text.data());
  EXPECT_EQ(Value::BorrowedText(text), Value(text));
  EXPECT_FALSE(Value::BorrowedBytes(text) == Value(text));
}

TEST(ValueTest, AcceptsExactlyValidText) {
  for (const char* text : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(Value(text).Validate().ok()) << Value(text);
  }
  for (const char* text : {"\x80", "\xc2", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(Value(text).Validate().ok()) << Value(text);
  }
}

TEST(ValueDeathTest, EndsTheProcessOnAWrongReading) {
  EXPECT_DEATH(Value("text").AsInt(), "read as an integer is text");
  EXPECT_DEATH(Value(1).AsString(), "read as text or bytes is an integer");
  const Result result({Value(1)}, 1, 0);
  EXPECT_DEATH(result[0].Int(1), "column 1 of a row of 1");
}

}  // namespace
}  // namespace waymark::sql
