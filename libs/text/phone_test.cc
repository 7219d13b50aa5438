#include "libs/text/phone.h"

#include <string>

#include "gtest/gtest.h"
#include "libs/text/redaction.h"

namespace waymark::text {
namespace {

std::string Redacted(std::string text) {
  static const Redactor* const redactor = new Redactor();
  redactor->Redact(&text);
  return text;
}

TEST(PhoneTest, TakesWhatIsWrittenAsAPhoneNumber) {
  for (const std::string number :
       {"+1-962-819-8200", "+49 151 12345678", "+4915112345678", "+44 (0)20 7946 0958",
        "001-748-088-2851x818", "(978)645-9740x11144", "(88) 684-334", "166-684-7899",
        "212 555 0123", "1-800-555-1234", "833.719.3994x1887", "02.27.96.63.08", "50-98-28-96",
        "06-24312407", "089 72 63 41", "089/7263410", "0487 23 46 71", "020 7946 0958",
        "555-123-4567 ext. 12"}) {
    EXPECT_EQ(Redacted("So " + number + " it is."), "So [PHONE] it is.") << number;
  }
}

TEST(PhoneTest, TakesOtherFormsWhenTheWordsSaySo) {
  EXPECT_EQ(Redacted("You can call 73 448 266"), "You can call [PHONE]");
  EXPECT_EQ(Redacted("Phone number: 2813882583."), "Phone number: [PHONE].");
  EXPECT_EQ(Redacted("They're not answering at 785 8949"), "They're not answering at [PHONE]");
  EXPECT_EQ(Redacted("96 228011 office\n2813882583 mobile"), "[PHONE] office\n[PHONE] mobile");
  EXPECT_EQ(Redacted("reach me (785 8949)"), "reach me ([PHONE])");
  EXPECT_EQ(Redacted("T\xc3\xa9l\xc3\xa9phone : 785 8949"), "T\xc3\xa9l\xc3\xa9phone : [PHONE]");
}

TEST(PhoneTest, LeavesOtherNumbersAlone) {
  for (const std::string text : {
           "My order 114-3941689-8772232 is late",
           "order number 2813882583",
           "Order no. 123-456-7890 came",
           "ticket #123-456-7890",
           "call about order 2813882583",
           "invoice 2023-10-000123",
           "ref: 089 726 3410",
           "it was 2813882583 then",
           "ABC-123-456-7890",
           "on 1993-01-04 14:56:41",
           "on 12-05-2023 and 30.12.1990, 11/15/1979",
           "it cost 1.234.567.890 or 12 000 000",
           "1 234 567,50 EUR",
           "address 722 20 40",
           "on 06252018 500 am",
           "3... 2... 1",
           "between 10 and 20, 2019-2020",
           "https://shop.test/p?id=0800123-4567",
           "12345678901234567890",
       }) {
    EXPECT_EQ(Redacted(text), text);
  }
}

}  // namespace
}  // namespace waymark::text
